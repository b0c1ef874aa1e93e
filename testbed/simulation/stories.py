"""Stories: what a provider and a customer's people do with one change, step by step.

A story is drawn from a seed: revisions of every status, drafts, cancellations, withdrawals, tests,
stray revisions and their discard, events for customers of a similar code, and people who join and
leave topics. `expectations` judges what it must cause.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from testbed.doubles.announcements import envelope

CHANGE = "CHG1"
BEGIN = 1_800_000_000.0  # when every story begins
TOPICS = ("approvals", "announcements", "calendar")
# By then, everything that failed has been retried: five receives of the slowest queue.
SETTLED = 12_000.0
PARKED, OBEYED = 999_999, 50
STATUSES = ("draft", "submitted", "approved", "approved", "in_progress", "completed", "cancelled")
_SHORT = (0.0, 0.05, 1.0, 20.0, 130.0)
Role = Literal["named", "withdrawn", "others"]


@dataclass(frozen=True)
class Saying:
    """One event, in seconds from the start. Equal `content` reads the same to people.

    `starts` is when the change starts, by the same clock; 0 is long after the story.
    """

    at: float
    revision: int
    status: str = "approved"
    content: int = 1
    wording: int = 1
    role: Role = "named"
    test: bool = False
    stray: bool = False
    previous: int = 0
    discards: tuple[int, ...] = ()
    again: int = 0
    starts: float = 0.0

    @property
    def is_real(self) -> bool:
        """Return whether `announce` put it for this customer."""
        return not (self.test or self.stray or self.again) and self.role != "others"


@dataclass(frozen=True)
class Step:
    """A person joins or leaves a topic, in seconds from the start."""

    at: float
    address: str
    topic: str
    joins: bool


@dataclass(frozen=True)
class Story:
    """Everything that happens. `first` is the contact list at the start, `testers` get tests."""

    first: dict[str, list[str]]
    sayings: list[Saying]
    steps: list[Step]
    testers: frozenset[str]
    # How many seconds before its start people are reminded.
    reminders: tuple[int, ...] = ()

    @property
    def moments(self) -> list[float]:
        """Return the times at which anything happens."""
        starts = [one.starts for one in self.sayings if self.reminders]
        return [*(one.at for one in self.sayings), *(one.at for one in self.steps), *starts]


def event_of(saying: Saying) -> dict[str, Any]:
    """Return the event as it reaches the customer's queue."""
    return _event(replace(saying, at=0.0))


@lru_cache(maxsize=1_024)
def _event(saying: Saying) -> dict[str, Any]:
    customers, withdrawn = {
        "named": (("acme2", "acme"), ("acme-eu",)),
        "withdrawn": (("acme2", "acme-eu"), ("acme",)),
        "others": (("acme2", "acme-eu", "acm"), ("acme3",)),
    }[saying.role]
    event = envelope(
        saying.revision,
        change_id=CHANGE,
        status=saying.status,
        impact=f"Impact {saying.content}.",
        prior_status=f"wording {saying.wording}",
        hours=1 + saying.content % 5,
        customers=customers,
        withdrawn=withdrawn,
        event_id=str(uuid5(NAMESPACE_URL, repr(saying))),
        test=saying.test,
        **({"start": _instant(saying.starts)} if saying.starts else {}),
    )
    if not saying.stray:
        event["detail"]["previous_revision"] = saying.previous
    event["detail"]["discards"] = list(saying.discards)
    return event


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(BEGIN + seconds, UTC).isoformat()


def told_story(rng: random.Random) -> Story:
    """Draw a story."""
    people = [f"p{number}@acme.example" for number in range(rng.choice((1, 2, 3)))]
    first = {topic: [one for one in people if rng.random() < 0.7] for topic in TOPICS}
    first["announcements"] = first["announcements"] or people[:1]
    drawn = _Drawn(rng)
    for _ in range(rng.choice((1, 2, 3, 4))):
        drawn.next_scene()
    drawn.end()
    steps = list(_steps(rng, first, people, drawn))
    testers = frozenset(one for one in people if rng.random() < 0.5)
    return Story(first, drawn.sayings, steps, testers)


@dataclass
class _Drawn:
    """A story that is being drawn."""

    rng: random.Random
    now: float = 0.0
    newest: Saying | None = None
    sayings: list[Saying] = field(default_factory=list)
    discards: tuple[int, ...] = ()
    contents: int = 0
    tests: int = 0
    strays: int = 0

    def next_scene(self) -> None:
        """Draw what happens next."""
        scenes = [self.revision, self.revision, self.revision, self.trial, self.other_customers]
        if self.newest:
            scenes += [self.parked_stray, self.discarded_stray]
        self.rng.choice(scenes)()

    def end(self) -> None:
        """End with a revision if there is none yet, and perhaps replay everything."""
        if not self.newest:
            self.revision()
        if self.rng.random() < 0.2:
            self.now += SETTLED
            self.sayings += [replace(one, at=self.now) for one in self.sayings]

    def say(self, saying: Saying, *, settled: bool | None = None) -> None:
        """Add an event, and let some time pass."""
        self.sayings.append(replace(saying, at=self.now))
        long = self.rng.random() < 0.6 if settled is None else settled
        self.now += SETTLED if long else self.rng.choice(_SHORT)

    def revision(self) -> None:
        """Announce the same content in other words, or another content or status."""
        before = self.newest
        minor = before is not None and self.rng.random() < 0.3
        self.contents += not minor
        status = before.status if before and minor else self.rng.choice(STATUSES)
        if before is None and self.rng.random() < 0.6:
            status = "approved"
        saying = Saying(
            at=self.now,
            revision=before.revision + 1 if before else 1,
            status=status,
            content=before.content if before and minor else self.contents,
            wording=len(self.sayings),
            role=before.role if before and minor else self._role(before),
            previous=before.revision if before else 0,
            discards=self.discards,
        )
        self.newest = saying
        self.say(saying)

    def _role(self, before: Saying | None) -> Role:
        return "withdrawn" if before and self.rng.random() < 0.25 else "named"

    def trial(self) -> None:
        """Send a test of what comes next, or of a revision that exists already."""
        self.tests += 1
        status = self.rng.choice(("approved", "approved", "completed"))
        self.say(
            Saying(self.now, self.tests, status, content=900 + self.tests, test=True), settled=None
        )

    def other_customers(self) -> None:
        """Put an event for customers with similar codes into this queue."""
        revision = self.newest.revision + 1 if self.newest else 1
        self.say(Saying(self.now, revision, content=800 + len(self.sayings), role="others"))

    def parked_stray(self) -> None:
        """Put an event by hand, with a revision far above the real ones."""
        self._settle()
        self.say(Saying(self.now, PARKED, content=700, stray=True))

    def discarded_stray(self) -> None:
        """Put the next revisions by hand, discard them, and announce the change again."""
        if self.strays or self.newest is None:
            return
        self._settle()
        self.strays += 1
        self.say(Saying(self.now, OBEYED, content=600, stray=True), settled=True)
        self.discards = (OBEYED,)
        newest = self.newest
        self.say(replace(newest, again=1, discards=self.discards), settled=True)
        self.revision()

    def _settle(self) -> None:
        self.now += SETTLED


def _steps(
    rng: random.Random, first: dict[str, list[str]], people: list[str], drawn: _Drawn
) -> Iterator[Step]:
    """Draw who joins and leaves at any time in the story."""
    stands = {(topic, one) for topic, listed in first.items() for one in listed}
    times = sorted(rng.uniform(0.0, drawn.now + 100.0) for _ in range(rng.choice((0, 0, 1, 2, 4))))
    for at in times:
        topic, address = rng.choice(TOPICS), rng.choice([*people, "late@acme.example"])
        joins = (topic, address) not in stands
        (stands.add if joins else stands.remove)((topic, address))
        yield Step(at, address, topic, joins)
