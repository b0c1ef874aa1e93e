"""Play a month: announce, deliver, answer, break and repair, then look at the result."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from io import StringIO

from changecast.hub.tracking.queries import (
    statuses,
    statuses_of_days,
)
from changecast.hub.tracking.responses import answers, last_answers
from changecast_cli.watching.runs import run_of
from testbed.doubles.account import ANNOUNCEMENTS, DEAD_LETTERS
from testbed.doubles.clock import Clock
from testbed.month.hub import HubSide, delivered, hub_side
from testbed.month.judging import Inbox, Verdict, judge_calendars, judge_inbox, status_fault
from testbed.month.place import Place
from testbed.month.plot import DAY, HOUR, Month, Revision, Told, Visit
from testbed.simulation.stories import BEGIN

# After the last revision: until everything has ended.
ENDS = 1.5 * DAY


@dataclass(frozen=True)
class Costs:
    """What one day cost: the accounts, for a mail; the hub, for a customer and revision; queries.

    `new` changes were announced on it. The broken account is left out: it looks every minute
    whether it may send again.
    """

    day: int
    new: int
    ledger_requests: float
    ledger_bytes: float
    hub_requests: float
    status_requests: float
    status_items: float
    status_ms: float
    list_requests: float
    list_items: float
    list_ms: float


@dataclass
class Played:
    """A month on its way, and what came of it."""

    month: Month
    hub: HubSide
    places: dict[str, Place]
    answered: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    resumed: int = 0
    stored: int = 0
    costs: list[Costs] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def play(self) -> "Played":
        """Let the month go by, moment after moment."""
        moments = sorted(self._moments(), key=lambda one: one[0])
        for at, act in moments:
            self._advance(at)
            act()
        starts = max(one.starts for told in self.month.changes for one in told.revisions)
        self._advance(max(self.month.days * DAY, starts) + ENDS)
        return self

    def _moments(self) -> Iterator[tuple[float, Callable[[], object]]]:
        month = self.month
        for told in month.changes:
            for revision in told.revisions:
                yield revision.at, partial(self._announce, told, revision)
        for place in self.places.values():
            for step in place.party.steps:
                act = partial(place.join_or_leave, step.address, step.topic, joins=step.joins)
                yield step.at, act
        for visit in month.visits:
            yield visit.at, partial(self._visit, visit)
        code, begins, ends = month.broken
        yield begins, self.places[code].break_down
        yield (begins + ends) / 2, self.places[code].break_further
        yield ends, self._repair
        for day in range(1, month.days + 1):
            yield day * DAY, partial(self._close, day)
        yield from ((hour * HOUR, _nothing) for hour in range(1, month.days * 24))

    def _advance(self, seconds: float) -> None:
        """Let every account work until a time, then bring the hub what they reported."""
        at = BEGIN + seconds
        reports = []
        for place in self.places.values():
            place.advance(at)
            entries = place.account.events.entries
            party = place.party
            reports += [delivered(entry, party.account, at) for entry in entries[place.given :]]
            place.given = len(entries)
        self.hub.clock.now = at
        self.hub.track(reports)

    def _announce(self, told: Told, revision: Revision) -> None:
        done = self.hub.announce(told, revision, BEGIN)
        if done.revision != revision.number or set(done.withdrawn) != set(revision.withdrawn):
            self.wrong.append(f"{told.change_id}: announced {done}, not {revision}")
        events = self.hub.put()
        self.hub.track(events)
        for event in events:
            for code in (*event["detail"]["customers"], *event["detail"]["withdrawn"]):
                self.places[code].account.announce(event)

    def _visit(self, visit: Visit) -> None:
        person = self.places[visit.code].visit(visit)
        if person:
            self.answered.setdefault((visit.change_id, visit.code), {})[person] = visit.answer

    def _repair(self) -> None:
        self.resumed = self.places[self.month.broken[0]].repair()

    # ---- What a day cost

    def _close(self, day: int) -> None:
        """Note what the day cost, and begin to count anew."""
        fine = [one for code, one in self.places.items() if code != self.month.broken[0]]
        mails = max(
            1, sum((at - BEGIN) // DAY == day - 1 for one in fine for at, _ in one.accepted)
        )
        stored = sum(place.ledger.bytes() for place in fine)
        asked = sum((place.calls for place in fine), Counter[str]())
        ledger = sum(number for name, number in asked.items() if name.startswith("dynamodb"))
        said = max(1, self._said((day - 1) * DAY, day * DAY))
        hub = self.hub.asked["requests"]
        new = [one for one in self.month.changes if one.revisions[0].at // DAY == day - 1]
        looks = [self.hub.looked(partial(statuses, self.hub.table, one.change_id)) for one in new]
        requests, items, took = (sum(each) for each in zip((0, 0, 0.0), *looks, strict=True))
        named = sum(_named(one, until=day * DAY) for one in new)
        date, since = self._last_date()
        listed = self.hub.looked(lambda: [*statuses_of_days(self.hub.table, [date])])
        rows = max(1, self._said(since, since + DAY))
        self.costs.append(
            Costs(
                day=day,
                new=len(new),
                ledger_requests=ledger / mails,
                ledger_bytes=(stored - self.stored) / mails,
                hub_requests=hub / said,
                status_requests=requests / max(1, len(new)),
                status_items=items / max(1, named),
                status_ms=took / max(1, len(new)),
                list_requests=listed[0],
                list_items=listed[1] / rows,
                list_ms=listed[2],
            )
        )
        self.stored = stored
        for place in self.places.values():
            place.calls.clear()
        self.hub.asked.clear()

    def _said(self, since: float, until: float) -> int:
        """Return how many customers were named by revisions of a time."""
        return sum(_named(one, since, until) for one in self.month.changes)

    def _last_date(self) -> tuple[str, float]:
        """Return the last whole day of the calendar, and when it began."""
        midnight = datetime.combine(self.hub.now().date(), time(), UTC) - timedelta(days=1)
        return midnight.date().isoformat(), midnight.timestamp() - BEGIN

    # ---- What came of it

    def judge(self) -> Verdict:
        """Compare every inbox, calendar, status and answer with what is expected."""
        verdict = Verdict(letters=self.hub.parked() + sum(map(_letters, self.places.values())))
        for told in self.month.changes:
            run = run_of(told.change_id, statuses(self.hub.table, told.change_id))
            for code in told.everybody:
                place = self.places[code]
                inbox = _inbox(place, told.change_id)
                judge_inbox(verdict, told, place.party, self.month, inbox)
                self.wrong += judge_calendars(verdict, told, inbox, BEGIN)
                fault = status_fault(told, place.party, inbox, run["customers"].get(code))
                verdict.statuses += bool(fault)
                self.wrong += [f"{told.change_id} {code}: {fault}"] if fault else []
                verdict.answers += self._wrong_answers(told.change_id, code)
        return verdict

    def _wrong_answers(self, change_id: str, code: str) -> bool:
        found = Counter(
            str(row["response"]) for row in last_answers(answers(self.hub.table, change_id, code))
        )
        given = Counter(self.answered.get((change_id, code), {}).values())
        if found != given:
            self.wrong.append(f"{change_id} {code}: answers {dict(found)}, given {dict(given)}")
        return found != given


def _named(told: Told, since: float = 0.0, until: float = 0.0) -> int:
    """Return how many customers a change's revisions of a time name, counted each time."""
    return sum(
        len(one.customers) + len(one.withdrawn) for one in told.revisions if since <= one.at < until
    )


def _inbox(place: Place, change_id: str) -> Inbox:
    runs = place.runs(change_id)
    of = {run.run for run in runs}
    own = [mail for _, mail in place.accepted if mail.tags.get("r", "").partition("-")[0] in of]
    return Inbox(
        place.mails_of(runs),
        [(mail.to, mail.raw) for mail in own],
        [f"{mail.tags['r'].partition('-')[0]} {mail.to}" for mail in own],
    )


def _letters(place: Place) -> int:
    sqs = place.account.sqs
    return len(sqs.queue(DEAD_LETTERS)) + len(sqs.queue(ANNOUNCEMENTS))


def _nothing() -> None:
    """Let the hub hear what was reported."""


@contextmanager
def played(month: Month, seed: int) -> Iterator[Played]:
    """Play a month; its hub lives until the block ends. Metrics go nowhere."""
    with hub_side(month.parties, Clock(BEGIN)) as hub, redirect_stdout(StringIO()):
        region, begins, ends = month.lost
        lost = (BEGIN + begins, BEGIN + ends)
        places = {
            code: Place(party, BEGIN, seed, lost if party.region == region else (0.0, 0.0))
            for code, party in month.parties.items()
        }
        yield Played(month, hub, places).play()
