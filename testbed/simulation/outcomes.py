"""SES that accepts mails and reports them on its bus: late, doubled, partly lost, out of order."""

import json
import random
from dataclasses import dataclass
from typing import Any

from testbed.doubles.answers import refusal
from testbed.doubles.ses import SentMail, Ses, said_at
from testbed.simulation.hub import Hub
from testbed.simulation.queues import Queues

WINDOW = 600.0
# The last moment inside the window for an event, with clocks 5 s wrong and a sweep every minute.
EDGE = WINDOW - 45.0


@dataclass(frozen=True)
class Assumptions:
    """What the guarantee requires of SES's events; everything holds unless a test breaks it."""

    lost: float = 0.0
    late: float = 0.0
    stops: float = 0.0

    @property
    def words(self) -> str | bool:
        """How a report names what is broken."""
        if self.lost:
            return f"{self.lost * 100:g}% of Send events are lost"
        if self.stops:
            return f"events stop permanently at {self.stops * 100:g}% of the mails"
        late = f"{self.late * 100:g}% of Send events arrive after the window"
        return late if self.late else False

    @property
    def loses(self) -> bool:
        """Return whether SES may never report a mail."""
        return self.lost > 0 or self.stops > 0


INTACT = Assumptions()


class LiveSes(Ses):
    """SES with its events. If `rng` is None, every event arrives at once."""

    hub: Hub
    queues: Queues
    rng: random.Random | None
    assumptions: Assumptions
    refused: frozenset[str]
    accepted_at: dict[str, float]
    bounced: set[str]

    def connect(self) -> None:
        """Let SES answer and publish events."""
        self.is_silent = False
        self.accepted_at, self.bounced = {}, set()
        self.answer = self._refuse
        self.after = self._speak

    def _refuse(self, to: str) -> None:
        if to in self.refused:
            raise refusal("MessageRejected", 400)

    def _speak(self, mail: SentMail) -> None:
        self.accepted_at[mail.message_id] = self.hub.now
        if self.rng is None:
            return self._say(0.5, mail.event("Send"))
        chance = self.rng.random()
        self.is_silent = self.is_silent or chance < self.assumptions.stops
        if self.is_silent or chance < self.assumptions.lost:
            return None
        late = WINDOW + 300.0 if chance < self.assumptions.late else 0.0
        kinds = self.rng.choice((("Send",), ("Send", "Delivery"), ("Delivery",), ("Bounce",)))
        if self.assumptions.words:
            kinds = ("Send",)  # the only evidence, so that its loss shows
        if "Bounce" in kinds:
            self.bounced.add(mail.message_id)
        for kind in kinds:
            bounce = {"bounce": {"bounceType": self.rng.choice(("Permanent", "Transient"))}}
            event = mail.event(kind, **(bounce if kind == "Bounce" else {}))
            delay = late or self.rng.choice((0.0, 0.01, 0.5, 30.0, 118.0, 125.0, EDGE - 31.0))
            for _ in range(self.rng.choice((1, 1, 2))):
                self._say(delay, event)
        return None

    def _say(self, delay: float, event: dict[str, Any]) -> None:
        # An event at the edge of the window must be recorded at once: a crash would make it late.
        mark = {"faultless": delay > 20.0}
        body = json.dumps({"time": said_at(self.hub.now), **event})

        def publish() -> None:
            self.queues.send_message(QueueUrl="outcomes", MessageBody=body, MessageAttributes=mark)

        self.hub.at(self.hub.now + delay, publish)
