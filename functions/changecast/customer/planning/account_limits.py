"""Account limits: what a run may do unless an operator of the customer's account resumes it.

The customer's own stack sets them. They limit what a faulty or compromised hub can do in this
account. A run beyond a limit is planned and paused; once resumed, no limit pauses it again.
ledger/account_counters.py counts mails and announcements. SES's own daily quota is in
sending/shared_quota.py.
"""

from dataclasses import dataclass, replace

from changecast.contract.change import Change
from changecast.contract.errors import PauseRun
from changecast.contract.pause_code import PauseCode
from changecast.customer.ledger import account_counters, runs
from changecast.customer.ledger.account_counters import list_size, note_list_size
from changecast.customer.ledger.schema import Run, with_reason
from changecast.customer.ledger.table import Ledger, read_run
from changecast.customer.planning.link_domains import foreign_domains

# A short list may grow tenfold in a day.
SMALL_LIST = 100
_SHOWN = 5
_FULL = {
    PauseCode.MAILS_PER_DAY: (
        "the run's {more} mails are more than what is left of {most} a day (MaxMailsPerDay)"
    ),
    PauseCode.ANNOUNCEMENTS_PER_HOUR: (
        "this hour already had as many announcements as MaxAnnouncementsPerHour allows ({most})"
    ),
}


@dataclass(frozen=True)
class AccountLimits:
    """Limits of what a run may do without an operator; 0 and an empty set mean no limit."""

    mails_per_day: int
    announcements_per_hour: int
    list_growth: int
    link_domains: frozenset[str]


@dataclass(frozen=True)
class ProposedRun:
    """A planned run: its number of mails, its list's number of contacts, and the change.

    `endpoints` is its number of chats and webhooks.
    """

    mails: int
    contacts: int
    change: Change
    endpoints: int = 0


def limit_run(
    ledger: Ledger, run: Run, proposed: ProposedRun, limits: AccountLimits, now: float
) -> Run:
    """Pause a run that is beyond a limit, in memory and in the ledger.

    Call it before the run's recipients are written: the sweep sends to all that are planned.

    Raises:
        Retry: Too many other writers of the run or the account's tallies.
    """
    current = read_run(ledger, run.run) or run
    if current.limits_waived or not (proposed.mails or proposed.endpoints):
        return run
    before = list_size(ledger, run.topic) if limits.list_growth else 0
    if stop := beyond(proposed, before, limits) or _too_many(ledger, run, proposed, limits, now):
        return _paused(ledger, run, stop, proposed, now)
    if limits.list_growth and proposed.contacts != before:
        note_list_size(ledger, run.topic, proposed.contacts)
    return run


def _paused(ledger: Ledger, run: Run, stop: PauseRun, proposed: ProposedRun, now: float) -> Run:
    runs.pause_before_planning(ledger, run.run, stop, proposed.contacts, now)
    paused = with_reason(run, class_="paused", code=stop.code, message=stop.message, now=now)
    return replace(paused, paused=True)


def beyond(proposed: ProposedRun, before: int, limits: AccountLimits) -> PauseRun | None:
    """Return why a run's content or list is beyond a limit, with all reasons in one message."""
    stops = [_links(proposed.change, limits), _growth(proposed.contacts, before, limits)]
    found = [stop for stop in stops if stop]
    if not found:
        return None
    return PauseRun(found[0].code, "; ".join(stop.message for stop in found))


def _links(change: Change, limits: AccountLimits) -> PauseRun | None:
    if not limits.link_domains:
        return None
    foreign = foreign_domains(change, limits.link_domains)
    if not foreign:
        return None
    shown = [domain.encode("ascii", "backslashreplace").decode()[:80] for domain in foreign]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return PauseRun(
        PauseCode.LINK_DOMAINS,
        f"the change links to {', '.join(shown[:_SHOWN])}{more}, which this account's "
        "AllowedLinkDomains does not allow",
    )


def _growth(contacts: int, before: int, limits: AccountLimits) -> PauseRun | None:
    most = max(before * limits.list_growth, SMALL_LIST)
    if not limits.list_growth or not before or contacts <= most:
        return None
    return PauseRun(
        PauseCode.LIST_GROWTH,
        f"the list has {contacts} contacts, more than {limits.list_growth} times as "
        f"many as at the last run ({before}; MaxListGrowth)",
    )


def _too_many(
    ledger: Ledger, run: Run, proposed: ProposedRun, limits: AccountLimits, now: float
) -> PauseRun | None:
    """Count a run, or return why it is one too many."""
    most = (limits.mails_per_day, limits.announcements_per_hour)
    full = account_counters.count(ledger, run, proposed.mails, most, now) if any(most) else None
    if full is None:
        return None
    return PauseRun(full.code, _FULL[full.code].format(more=full.more, most=full.most))
