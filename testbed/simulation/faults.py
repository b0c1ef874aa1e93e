"""What goes wrong, and when; a seed or a list of crash points decides."""

import random
from dataclasses import dataclass, field
from enum import Enum, auto


class Fault(Enum):
    """What happens to one call of a client."""

    NONE = auto()
    CRASH_BEFORE = auto()
    CRASH_AFTER = auto()
    SLOW = auto()
    LOST_ANSWER = auto()
    REPEATED = auto()
    BUSY = auto()
    NOT_REACHED = auto()
    THROTTLED = auto()
    SERVER_ERROR = auto()
    ACCEPTED_LATE = auto()


_ANY = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.SLOW)
_STORE = (*_ANY, Fault.LOST_ANSWER, Fault.REPEATED, Fault.BUSY)
_SES = (
    *_ANY, Fault.LOST_ANSWER, Fault.LOST_ANSWER, Fault.NOT_REACHED, Fault.THROTTLED,
    Fault.SERVER_ERROR, Fault.ACCEPTED_LATE, Fault.CRASH_AFTER,
)  # fmt: skip


_OFTEN = frozenset({"send_email", "transact_write_items", "publish", "post"})
_ENDPOINT = (
    *_ANY, Fault.LOST_ANSWER, Fault.LOST_ANSWER, Fault.NOT_REACHED, Fault.SERVER_ERROR,
    Fault.ACCEPTED_LATE,
)  # fmt: skip


@dataclass
class Random:
    """At most `left` faults, with the probability `chance` for a call; more often for sending."""

    rng: random.Random
    left: int
    chance: float

    def at(self, service: str, operation: str) -> Fault:
        """Return what happens to this call."""
        often = 4.0 if operation in _OFTEN else 1.0
        if not self.left or self.rng.random() > self.chance * often:
            return Fault.NONE
        self.left -= 1
        if operation == "send_email":
            return self.rng.choice(_SES)
        if operation in {"publish", "post"}:
            return self.rng.choice(_ENDPOINT)
        return self.rng.choice(_STORE if service == "dynamodb" else _ANY)

    def latency(self) -> float:
        """Return how long a request or an answer takes."""
        return self.rng.choice((0.001, 0.004, 0.02))


@dataclass
class Planned:
    """Crashes only at these calls, counted from 1, before or after they take effect."""

    points: frozenset[tuple[int, bool]]
    calls: int = 0
    seen: list[str] = field(default_factory=list)

    def at(self, service: str, operation: str) -> Fault:
        """Return what happens to this call."""
        self.calls += 1
        self.seen.append(operation)
        if (self.calls, False) in self.points:
            return Fault.CRASH_BEFORE
        return Fault.CRASH_AFTER if (self.calls, True) in self.points else Fault.NONE

    def latency(self) -> float:
        """Return how long a request or an answer takes."""
        return 0.002
