"""What happens in a month: changes and their revisions, people who come, leave and answer, faults.

Drawn from a seed. Nothing here calls the product. Times are seconds from the month's start, and
whole where they are compared with mails'.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from testbed.simulation.stories import SETTLED, TOPICS, Saying, Step, Story

HOUR, DAY = 3_600.0, 86_400.0
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1")
REMINDERS = (86_400, 21_600)
# Afterwards everything ends: retries, windows without evidence, reminders.
LAST_REVISION = 1.5 * DAY
Answer = Literal["acknowledged", "approved"]


@dataclass(frozen=True)
class Party:
    """A customer: who is on which topic at first, who comes and goes, what it has switched on."""

    code: str
    account: str
    region: str
    first: dict[str, list[str]]
    steps: tuple[Step, ...]
    reminders: tuple[int, ...] = ()
    answers: bool = False


@dataclass(frozen=True)
class Revision:
    """What is announced of a change at a time, and to whom."""

    at: float
    number: int
    status: str
    content: int
    starts: float
    customers: tuple[str, ...]
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """A change with all its revisions."""

    change_id: str
    revisions: tuple[Revision, ...]

    @property
    def everybody(self) -> tuple[str, ...]:
        """Every customer that a revision names."""
        return tuple(dict.fromkeys(code for one in self.revisions for code in one.customers))


@dataclass(frozen=True)
class Visit:
    """Somebody answers a change of her customer, at a time, if she has a mail about it."""

    at: float
    change_id: str
    code: str
    person: int
    answer: Answer


@dataclass(frozen=True)
class Month:
    """All that happens. `lost` is a Region's hour, `broken` a customer's day, both with times."""

    days: int
    parties: dict[str, Party]
    changes: tuple[Told, ...]
    visits: tuple[Visit, ...]
    lost: tuple[str, float, float]
    broken: tuple[str, float, float]


def month(customers: int, days: int, changes: int, seed: int) -> Month:
    """Draw a month."""
    rng = random.Random(f"month {seed}")
    parties = {party.code: party for party in _parties(rng, customers, days)}
    told = tuple(_change(rng, number, [*parties], days) for number in range(1, changes + 1))
    visits = tuple(sorted(_visits(rng, told, parties), key=lambda one: one.at))
    plain = [code for code, each in parties.items() if not each.reminders]
    broken, broken_at = rng.choice(plain), rng.uniform(0.3, 0.5) * (days - 2) * DAY
    parties[broken] = _without_steps(parties[broken], broken_at - HOUR, broken_at + 2 * DAY)
    lost_at = broken_at + 1.3 * DAY
    return Month(
        days,
        parties,
        told,
        visits,
        (rng.choice(REGIONS[: min(len(REGIONS), customers)]), lost_at, lost_at + HOUR),
        (broken, broken_at, broken_at + DAY),
    )


def _without_steps(party: Party, since: float, until: float) -> Party:
    """Let nobody come or go in a time: after a repair, exactly the people in the plan are told."""
    first = {topic: [*people] for topic, people in party.first.items()}
    stands, steps = {(topic, one) for topic, people in first.items() for one in people}, []
    for step in party.steps:
        key = (step.topic, step.address)
        if since <= step.at <= until or step.joins is (key in stands):
            continue
        (stands.add if step.joins else stands.remove)(key)
        steps.append(step)
    return replace(party, steps=tuple(steps))


def _parties(rng: random.Random, number: int, days: int) -> Iterator[Party]:
    for at in range(number):
        code = f"customer-{at + 1}"
        people = [f"p{each}@{code}.example" for each in range(rng.choice((2, 3, 4)))]
        first = {topic: [one for one in people if rng.random() < 0.7] for topic in TOPICS}
        first["announcements"] = first["announcements"] or people[:1]
        yield Party(
            code,
            f"2{at:011d}",
            REGIONS[at % len(REGIONS)],
            first,
            tuple(_steps(rng, first, people, code, days)),
            REMINDERS if at % 3 == 1 else (),
            answers=at % 3 == 2,
        )


def _steps(
    rng: random.Random, first: dict[str, list[str]], people: Sequence[str], code: str, days: int
) -> Iterator[Step]:
    """People who unsubscribe from a topic, come back, or are new."""
    stands = {(topic, one) for topic, listed in first.items() for one in listed}
    times = sorted(rng.uniform(0.0, days * DAY) for _ in range(max(2, days // 4)))
    for at in times:
        topic, address = rng.choice(TOPICS), rng.choice([*people, f"late@{code}.example"])
        joins = (topic, address) not in stands
        (stands.add if joins else stands.remove)((topic, address))
        yield Step(at, address, topic, joins)


def _change(rng: random.Random, number: int, codes: Sequence[str], days: int) -> Told:
    named = tuple(rng.sample(codes, min(len(codes), rng.choice((1, 2, 3, 4, 5, 8)))))
    end = days * DAY - LAST_REVISION
    at = float(round(rng.uniform(0.0, end * 0.97)))
    status = "submitted" if rng.random() < 0.25 else "approved"
    starts = at + rng.uniform(1.2 * DAY, 8 * DAY)
    revisions = [Revision(at, 1, status, 1, starts, named)]
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        before = revisions[-1]
        at = before.at + SETTLED + float(round(rng.uniform(0.0, 1.5 * DAY)))
        following = _next(rng, before, at)
        if following is None or at > end:
            break
        revisions.append(following)
    return Told(f"CHG-{number:04d}", tuple(revisions))


def _next(rng: random.Random, before: Revision, at: float) -> Revision | None:
    """Return what follows a revision; nothing follows the end of a change."""
    plain = replace(before, at=at, number=before.number + 1)
    if before.status in {"cancelled", "completed"} or before.withdrawn:
        return None
    if at > before.starts + HOUR:
        return replace(plain, status="completed") if before.status == "approved" else None
    if before.status == "submitted":
        return replace(plain, status=rng.choice(("approved", "approved", "cancelled")))
    return _next_of_approved(rng, plain)


def _next_of_approved(rng: random.Random, plain: Revision) -> Revision:
    """Cancel the change, withdraw one customer, move the window, or change text or wording."""
    drawn, later = rng.random(), max(plain.starts, plain.at) + rng.uniform(1.2 * DAY, 5 * DAY)
    if drawn < 0.15:
        return replace(plain, status="cancelled")
    if drawn < 0.3 and len(plain.customers) > 1:
        return replace(plain, customers=plain.customers[1:], withdrawn=plain.customers[:1])
    if drawn < 0.55:
        return replace(plain, starts=later)
    return plain if drawn < 0.75 else replace(plain, content=plain.content + 1)


def _visits(rng: random.Random, told: Sequence[Told], parties: dict[str, Party]) -> Iterator[Visit]:
    for change in told:
        first, *later = change.revisions
        until = later[0].at if later else first.at + DAY
        for code in first.customers:
            if parties[code].answers and until - first.at > SETTLED:
                at = rng.uniform(first.at + 0.5 * SETTLED, min(until, first.starts) - 60.0)
                answer: Answer = "approved" if first.status == "submitted" else "acknowledged"
                for person in range(rng.choice((0, 1, 2))):
                    yield Visit(at + person, change.change_id, code, person, answer)


def story_of(told: Told, party: Party, month: Month) -> Story:
    """Return a change as one customer's people live through it, for the judges.

    While an account is broken, nothing reaches its people; what was announced then is announced at
    the end of that time.
    """
    sayings = [
        Saying(
            at=_heard(one.at, party.code, month),
            revision=one.number,
            status=one.status,
            content=one.content,
            wording=one.number,
            role="withdrawn" if party.code in one.withdrawn else "named",
            previous=one.number - 1,
            starts=one.starts,
        )
        for one in told.revisions
        if party.code in (*one.customers, *one.withdrawn)
    ]
    return Story(party.first, sayings, [*party.steps], frozenset(), party.reminders)


def _heard(at: float, code: str, month: Month) -> float:
    broken, begins, ends = month.broken
    return ends if code == broken and begins - HOUR <= at < ends else at
