"""Schedules in which people answer: exactly what they were told is recorded counts."""

import json
import random
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit

from changecast.customer.ledger.answers import Answer, answers_to
from changecast.customer.ledger.encoding import decode
from changecast.customer.ledger.schema import DUE_ANSWERS
from changecast.customer.responding import application
from changecast.customer.responding.application import respond
from changecast.customer.responding.reading import Responder, responder_of
from changecast.customer.responding.settings import RespondSettings
from testbed.doubles.account import ANSWERING, ENVIRONMENT
from testbed.doubles.secrets import Secrets
from testbed.doubles.visitor import Form, Shown, link_in
from testbed.simulation.faults import Fault, Planned, Random
from testbed.simulation.hub import Process
from testbed.simulation.outcomes import INTACT
from testbed.simulation.plots import random_plot
from testbed.simulation.stories import CHANGE
from testbed.simulation.world import GATE, Plot, World, modules

# Codes are mailed by the sender, and read by people: here the word is enough.
SETTINGS = ENVIRONMENT | ANSWERING | {"RESPONSE_CONFIRMATION": "phrase"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
WORDS = {"approved": "APPROVE", "rejected": "REJECT", "acknowledged": "SEEN",
         "reschedule_requested": "MOVE"}  # fmt: skip
WINDOW = {"start1": "2027-04-01T22:00", "end1": "2027-04-02T01:00"}
TIMEOUT, TRIES = 30.0, 12
# While people may try again, the sweep runs from time to time.
_LATER = (0.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 4_500.0)


@dataclass(frozen=True)
class Wish:
    """What one person wants to answer, when, and whether it is a scanner that types no word."""

    number: int
    address: str
    at: float
    response: str
    is_scanner: bool

    @property
    def comment(self) -> str:
        """A text by which the answer is found again."""
        return f"wish {self.number}"

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the form."""
        windows = WINDOW if self.response == "reschedule_requested" else {}
        return {"answer": self.response, "comment": self.comment, **windows}


class Kept(NamedTuple):
    """What came of the answers of a schedule: how many, and what is wrong with them."""

    given: int
    lost: int
    invented: int
    twice: int
    stuck: int
    untrue: int

    @property
    def faults(self) -> int:
        """The number of things that must not happen."""
        return self.lost + self.invented + self.twice + self.stuck + self.untrue


class Writing(Random):
    """Faults that hit few reads, because a page reads ten times as often as it writes."""

    def at(self, service: str, operation: str) -> Fault:
        """Return what happens to this call."""
        if operation in {"get_item", "get_object", "get_secret_value"} and self.rng.random() < 0.95:
            return Fault.NONE
        return super().at(service, operation)


@dataclass
class AnswerWorld(World):
    """A plot in which everybody who gets a mail may answer, several times and at once."""

    wishes: tuple[Wish, ...] = ()
    told: list[Wish] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Ask everybody to approve, and let them open their pages."""
        super().__post_init__()
        self.ses.contacts["approvals"] = self.people
        GATE.fakes["secretsmanager"] = Secrets()
        if self.wishes:
            first = min(wish.at for wish in self.wishes)
            self.hub.at(self.start + first, self._go_wrong_again)
        for wish in self.wishes:
            self.hub.at(self.start + wish.at, partial(_Person(self, wish).begin))

    def play(self) -> "AnswerWorld":
        """Play until nothing more happens; metrics are lines on stdout."""
        with patch.object(application, "measured", lambda *_: None):
            super().play()
        return self

    def _go_wrong_again(self) -> None:
        """Add faults for the people who answer, because the mails used up most of the others."""
        if isinstance(self.plot.faults, Random):
            self.plot.faults.left += self.plot.faults.rng.choice((0, 1, 2, 5))

    def announce(self, seconds: float, event: dict[str, Any]) -> None:
        """Announce a revision; each asks for approval."""
        asked = deepcopy(event)
        asked["detail"]["change"]["status"] = "submitted"
        super().announce(seconds, asked)

    def responder(self) -> Responder:
        """Return what one cold function answers with."""
        ledger = modules(answers=True)["sweep"].ledger
        clients: tuple[Any, Any, Any] = (
            GATE.client("s3"), GATE.client("sqs"), GATE.client("secretsmanager"),
        )  # fmt: skip
        return responder_of(RespondSettings.from_env(SETTINGS), ledger, *clients, self.hub.time)

    def link(self, address: str) -> str:
        """Return the path of a person's newest link; empty before the first mail."""
        mails = [mail for mail in self.ses.mails if mail.to == address]
        return urlsplit(link_in(mails[-1])).path if mails else ""


@dataclass
class _Person:
    """Somebody who opens the page, chooses, types the word, and starts again if that fails."""

    world: AnswerWorld
    wish: Wish
    tries: int = 0
    path: str = ""

    def begin(self) -> None:
        """Open the page, if there is a mail with a link."""
        self.tries += 1
        self.path = self.world.link(self.wish.address)
        if self.tries > TRIES:
            return
        if not self.path:
            self._again()
            return
        self._ask("GET", self.path, "", self._choose)

    def _again(self) -> None:
        self.world.hub.at(self.world.hub.now + 40.0 * self.tries, self.begin)

    def _choose(self, shown: Shown) -> None:
        forms = [one for one in shown.forms if ("answer", self.wish.response) in one.buttons]
        if forms:
            self._send(forms[0], self.wish.fields, self._confirm)

    def _confirm(self, shown: Shown) -> None:
        if not shown.forms or "nonce" not in shown.forms[0].fields:
            self._again()
            return
        word = "OK" if self.wish.is_scanner else WORDS[self.wish.response]
        self._send(shown.forms[0], {"word": word}, self._done)

    def _done(self, shown: Shown) -> None:
        if "Your answer is recorded." in shown.text:
            self.world.told.append(self.wish)
        elif not self.wish.is_scanner:
            self._again()

    def _send(self, form: Form, typed: dict[str, str], then: Callable[[Shown], None]) -> None:
        self._ask("POST", form.action, urlencode(form.fields | typed), then)

    def _ask(self, method: str, path: str, body: str, then: Callable[[Shown], None]) -> None:
        """Send a request; a page of API Gateway's own, or none at all, is a reason to try again."""
        hub = self.world.hub

        def done(answer: Any) -> None:
            if answer is None or answer["statusCode"] >= 500:
                hub.at(hub.now, self._again)
            else:
                shown = Shown(answer["statusCode"], answer["headers"], answer["body"])
                hub.at(hub.now + 2.0, partial(then, shown))

        event = {
            "rawPath": path,
            "headers": {"host": "answers.acme.example", **FORM},
            "requestContext": {"domainName": "answers.acme.example", "http": {"method": method}},
            "body": body,
        }
        process = Process("respond", self.world.queues.skew(), hub.now + TIMEOUT, done)
        hub.start(process, lambda: respond(self.world.responder(), event))


def judge_answers(world: AnswerWorld) -> Kept:
    """Compare what people were told with what the ledger has and the hub heard."""
    GATE.faults = Planned(frozenset())
    heard = _heard(world)
    by_comment = {one["comment"]: one for one in heard.values()}
    meant = {wish.comment: wish for wish in world.wishes if not wish.is_scanner}
    items = [decode(item) for item in world.table.items.values() if "comment" in item]
    written = {item["comment"] for item in items}
    told = {wish.comment for wish in world.told}
    return Kept(
        given=len(told),
        lost=len(told - by_comment.keys()) + len(told - written),
        invented=len((by_comment.keys() | written) - meant.keys())
        + sum(one["response"] != meant[comment].response
              for comment, one in by_comment.items() if comment in meant),
        twice=sum(a == b for a, b in pairwise(_in_order(heard))),
        stuck=sum(item.get("due") == {"S": DUE_ANSWERS} for item in world.table.items.values()),
        untrue=_untrue(world, heard),
    )  # fmt: skip


def _heard(world: AnswerWorld) -> dict[str, dict[str, Any]]:
    """Return the answers that the hub keeps, by id, as each was last reported."""
    found: dict[str, dict[str, Any]] = {}
    for entry in world.events.entries:
        if entry["DetailType"] == "ResponseRecorded":
            one = json.loads(entry["Detail"])
            known = found.get(one["event_id"])
            if known is None or int(one["report_seq"]) > int(known["report_seq"]):
                found[one["event_id"]] = one
    return found


def _in_order(heard: dict[str, dict[str, Any]]) -> list[tuple[str, str, int]]:
    """Return who answered what to which revision, in each person's order.

    A person who was shown an error, and then answered something else, is heard twice.
    """
    ordered = sorted(heard.values(), key=lambda one: (one["responder"], int(one["response_seq"])))
    return [(one["responder"], one["comment"], one["revision"]) for one in ordered]


def _untrue(world: AnswerWorld, heard: dict[str, dict[str, Any]]) -> int:
    """Count people whose last answer at the hub is wrong, and wrong counts."""
    current = _answers(world)
    last: dict[str, dict[str, Any]] = {}
    for one in sorted(heard.values(), key=lambda one: int(one["response_seq"])):
        last[one["responder"]] = one
    here = {answer.responder: answer.comment for answer in current}
    known = {who: str(one["comment"]) for who, one in last.items()}
    differing = sum(known.get(who) != comment for who, comment in here.items())
    if not heard:
        return differing
    newest = max(heard.values(), key=lambda one: int(one["report_seq"]))
    counts = Counter(str(answer.response) for answer in current)
    names = ("acknowledged", "rejected", "reschedule_requested")
    return differing + sum(int(newest["counts"][name]) != counts[name] for name in names)


def _answers(world: AnswerWorld) -> list[Answer]:
    ledger = replace(modules(answers=True)["sweep"].ledger, client=world.table)
    return answers_to(ledger, CHANGE)


def answering_plot(seed: int, policy: str) -> tuple[Plot, tuple[Wish, ...]]:
    """Return the plot of a seed, and what its people want to answer."""
    plot = random_plot(seed, policy, INTACT)
    rng = random.Random(f"answers {seed}/{policy}")
    plot = replace(
        plot,
        answers=True,
        faults=Writing(rng, rng.choice((0, 1, 3)), rng.choice((0.05, 0.1, 0.3))),
        refused=frozenset(),
        outage=(0.0, 0.0),
        dropped_at=0.0,
    )
    people = [f"p{number}@acme.example" for number in range(plot.people)]
    moment = rng.choice((5.0, 130.0, 700.0))
    wishes = tuple(
        Wish(
            number,
            rng.choice(people),
            moment + rng.choice((0.0, 0.0, 0.01, 1.0, 30.0, 500.0)),
            rng.choice([*WORDS]),
            rng.random() < 0.2,
        )
        for number in range(rng.choice((1, 2, 3, 6)))
    )
    visits = tuple(wish.at + later for wish in wishes for later in _LATER)
    return replace(plot, visits=visits), wishes


def play_answers(seed: int, policy: str) -> AnswerWorld:
    """Play the schedule of a seed."""
    plot, wishes = answering_plot(seed, policy)
    world = AnswerWorld(plot, wishes=wishes)
    world.play()
    return world
