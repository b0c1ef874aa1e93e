"""What goes out without a person: the limits that a customer's own stack sets on every run.

They bound what a hub that errs, or is in wrong hands, can do in this account. A run beyond one of
them is planned and paused; whoever resumes it has decided, and it is not asked about again.
"""

from dataclasses import dataclass, replace

from changecast import runs, tallies
from changecast.account import list_size, note_list_size
from changecast.change import Change
from changecast.errors import PauseRun
from changecast.ledger import Ledger, read_run
from changecast.ledger_items import Run, because
from changecast.links import foreign_domains

# A list of a few may well grow tenfold in a day.
SMALL_LIST = 100
_SHOWN = 5
_FULL = {
    "mails_per_day": "its {more} mails are more than is left of {most} a day (MaxMailsPerDay)",
    "announcements_per_hour": "this hour had its {most} announcements (MaxAnnouncementsPerHour)",
}


@dataclass(frozen=True)
class Limits:
    """What a run may do unasked; 0 and an empty set are no limit."""

    mails_per_day: int
    announcements_per_hour: int
    list_growth: int
    link_domains: frozenset[str]


@dataclass(frozen=True)
class Wanted:
    """What a run would do: so many mails, to a list of so many contacts, saying this change."""

    mails: int
    contacts: int
    change: Change


def admit(ledger: Ledger, run: Run, wanted: Wanted, limits: Limits, now: float) -> Run:
    """The run as it may go on: paused, here and in the ledger, where it is beyond a limit.

    It must come before a run's recipients are written: the sweep sends whoever waits. Raises Retry.
    """
    stands = read_run(ledger, run.run) or run
    if stands.let_go or not wanted.mails:
        return run
    before = list_size(ledger, run.topic) if limits.list_growth else 0
    if stop := _beyond(wanted, before, limits) or _too_many(ledger, run, wanted, limits, now):
        return _held(ledger, run, stop, wanted, now)
    if limits.list_growth and wanted.contacts != before:
        note_list_size(ledger, run.topic, wanted.contacts)
    return run


def _held(ledger: Ledger, run: Run, stop: PauseRun, wanted: Wanted, now: float) -> Run:
    runs.hold(ledger, run.run, stop, wanted.contacts, now)
    held = because(run, class_="paused", code=stop.code, message=stop.message, now=now)
    return replace(held, paused=True)


def _beyond(wanted: Wanted, before: int, limits: Limits) -> PauseRun | None:
    """Why a run must wait for what it says or whom it would reach; all that is wrong in one."""
    stops = [_links(wanted.change, limits), _growth(wanted.contacts, before, limits)]
    found = [stop for stop in stops if stop]
    if not found:
        return None
    return PauseRun(found[0].code, "; ".join(stop.message for stop in found))


def _links(change: Change, limits: Limits) -> PauseRun | None:
    if not limits.link_domains:
        return None
    foreign = foreign_domains(change, limits.link_domains)
    if not foreign:
        return None
    shown = [domain.encode("ascii", "backslashreplace").decode()[:80] for domain in foreign]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return PauseRun(
        "link_domains",
        f"it leads to {', '.join(shown[:_SHOWN])}{more}, outside this account's AllowedLinkDomains",
    )


def _growth(contacts: int, before: int, limits: Limits) -> PauseRun | None:
    most = max(before * limits.list_growth, SMALL_LIST)
    if not limits.list_growth or not before or contacts <= most:
        return None
    return PauseRun(
        "list_growth",
        f"the list has {contacts} contacts and had {before} at the last run, "
        f"more than {limits.list_growth} times as many (MaxListGrowth)",
    )


def _too_many(
    ledger: Ledger, run: Run, wanted: Wanted, limits: Limits, now: float
) -> PauseRun | None:
    """Why a run must wait for what went out before it; where it need not, it is counted."""
    most = (limits.mails_per_day, limits.announcements_per_hour)
    full = tallies.count(ledger, run, wanted.mails, most, now) if any(most) else None
    if full is None:
        return None
    return PauseRun(full.code, _FULL[full.code].format(more=full.more, most=full.most))
