"""One customer's account over weeks: it works only when something is due, and is sometimes broken.

The real functions run over the doubles of AWS; time jumps to whatever is due next.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from changecast.customer.ledger import table as ledgers
from changecast.customer.ledger.runs import resume, sweep_soon
from changecast.customer.ledger.schema import DUE_BATCHES, DUE_REMINDERS, Recipient, Run
from changecast.customer.mailing import Variant
from testbed.doubles.account import (
    ANNOUNCEMENTS,
    ANSWERING,
    DEAD_LETTERS,
    OUTCOMES,
    Account,
    configure,
)
from testbed.doubles.answers import refusal
from testbed.doubles.clock import Clock
from testbed.doubles.dynamodb import Item, Key, Table
from testbed.doubles.ses import SentMail, Ses, said_at
from testbed.doubles.visitor import Visitor, code_in, link_in, responder
from testbed.month.plot import Party, Visit
from testbed.simulation.expectations import Mail

BOUNCES = 0.02
VISIBILITY, RECEIVES = 1_800.0, 5
SWEEP = 60.0
_DUE = ({"S": DUE_BATCHES}, {"S": DUE_REMINDERS})


class Ledger(Table):
    """The ledger's table with its index of what is due, kept and not searched for."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[Key, Item] = {}
        self.calls: Counter[str] = Counter()

    def _apply(self, kind: str, request: Item) -> None:
        super()._apply(kind, request)
        source = request["Item"] if kind == "Put" else request["Key"]
        key = (source["pk"]["S"], source["sk"]["S"])
        item = self.items.get(key)
        if item is not None and item.get("due") in _DUE:
            self.waiting[key] = item
        else:
            self.waiting.pop(key, None)

    def delete_item(self, **request: Any) -> Item:
        """DeleteItem."""
        self.waiting.pop((request["Key"]["pk"]["S"], request["Key"]["sk"]["S"]), None)
        return super().delete_item(**request)

    def _due(self, partition: Item, now: Item | None) -> list[Item]:
        everything, self.items = self.items, self.waiting
        try:
            return super()._due(partition, now)
        finally:
            self.items = everything

    @property
    def due_at(self) -> float:
        """When the next sweep can find something."""
        return min((float(one["due_at"]["N"]) for one in self.waiting.values()), default=_NEVER)

    def bytes(self) -> int:
        """Return about how much is stored."""
        return sum(len(json.dumps(item)) for item in self.items.values())


_NEVER = float("inf")


@dataclass(eq=False)
class Counting:
    """A client that counts what it is asked for."""

    client: Any
    service: str
    calls: Counter[str]

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call = getattr(self.client, operation)

        def counted(**request: Any) -> Any:
            self.calls[f"{self.service}.{operation}"] += 1
            return call(**request)

        return counted


@dataclass
class Place:
    """A customer's account, what was accepted there and when, and what is wrong with it now."""

    party: Party
    start: float
    seed: int
    lost: tuple[float, float] = (0.0, 0.0)
    calls: Counter[str] = field(default_factory=Counter)
    accepted: list[tuple[float, SentMail]] = field(default_factory=list)
    bounced: set[str] = field(default_factory=set)
    given: int = 0
    broken: bool = False
    deaf: bool = False
    swept: float = 0.0

    def __post_init__(self) -> None:
        party, self.rng = self.party, random.Random(f"{self.seed} {self.party.code}")
        self.ledger = Ledger()
        self.account = Account(
            clock=Clock(self.start),
            ses=Ses(contacts={topic: [*people] for topic, people in party.first.items()}),
            table=self.ledger,
            environment=self._environment(),
            wrap=lambda service, client: Counting(client, service, self.calls),
        )
        self.account.ses.answer, self.account.ses.after = self._refuse, self._speak
        configure(self.account.modules["sweep"], "sweeper", measure=lambda *_: None)

    def _environment(self) -> dict[str, str]:
        party = self.party
        own = {
            "CUSTOMER_CODE": party.code,
            "CUSTOMER_NAME": party.code,
            "ACCOUNT": party.account,
            "SENDER": f"changes@{party.code}.example",
        }
        if party.reminders:
            own["REMINDERS"] = ",".join(f"{before // 3_600}h" for before in party.reminders)
        return own | (ANSWERING if party.answers else {})

    # ---- SES

    def _refuse(self, to: str) -> None:
        del to
        if self.broken:
            raise refusal("MailFromDomainNotVerifiedException", 400)

    def _speak(self, mail: SentMail) -> None:
        self.accepted.append((self.account.clock.now, mail))
        kinds: list[tuple[str, int, dict[str, Any]]] = [("Send", 1, {}), ("Delivery", 3, {})]
        if self.rng.random() < BOUNCES and "r" in mail.tags:
            self.bounced.add(mail.message_id)
            kinds[1] = ("Bounce", 40, {"bounce": {"bounceType": "Permanent"}})
        for kind, delay, more in kinds:
            body = {"time": said_at(self.account.clock.now + delay), **mail.event(kind, **more)}
            self.account.sqs.send_message(
                QueueUrl=OUTCOMES, MessageBody=json.dumps(body), DelaySeconds=delay
            )

    # ---- Time

    def advance(self, until: float) -> None:
        """Let everything happen that is due until a time."""
        clock = self.account.clock
        while (due := self._next()) <= until:
            clock.now = max(clock.now, due)
            self._work()
        clock.now = max(clock.now, until)

    def _next(self) -> float:
        due = min(self.account._next_due(), self._sweep_at())
        begins, ends = self.lost
        return ends if begins <= due < ends else due

    def _sweep_at(self) -> float:
        """The next minute in which a sweep can find something."""
        due = self.ledger.due_at
        return due if due == _NEVER else max(due - due % -SWEEP, self.swept + SWEEP)

    def _work(self) -> None:
        account = self.account
        if self.deaf:
            self._fail_planning()
        else:
            account.plan()
        account.send()
        account.outcomes()
        account.report()
        if self._sweep_at() <= account.clock.now:
            self.swept = account.clock.now
            account.sweep()

    def _fail_planning(self) -> None:
        """The planner fails; SQS tries five times, then the message is a dead letter."""
        sqs = self.account.sqs
        for message in sqs.due(ANNOUNCEMENTS):
            message.receives += 1
            message.visible_at = self.account.clock.now + VISIBILITY
            if message.receives > RECEIVES:
                sqs.queue(ANNOUNCEMENTS).remove(message)
                sqs.queue(DEAD_LETTERS).append(message)

    # ---- What people and operators do

    def join_or_leave(self, address: str, topic: str, *, joins: bool) -> None:
        """Subscribe somebody to a topic, or unsubscribe her."""
        listed = self.account.ses.contacts[topic]
        if joins:
            listed.append(address)
        else:
            listed.remove(address)

    def break_down(self) -> None:
        """SES refuses every mail, because a record in DNS is gone: an operator must resume."""
        self.broken = True

    def break_further(self) -> None:
        """The planner fails too."""
        self.deaf = True

    def repair(self) -> int:
        """Do what the runbook says: `redrive`, then `resume` for every paused run; count these."""
        self.broken = self.deaf = False
        sqs, ledger = self.account.sqs, self.account.ledger
        letters = sqs.queue(DEAD_LETTERS)
        for letter in letters:
            letter.receives, letter.visible_at = 0, self.account.clock.now
        sqs.queue(ANNOUNCEMENTS).extend(letters)
        letters.clear()
        paused = [*self._paused()]
        for run in paused:
            resume(ledger, run)
            sweep_soon(ledger, run, self.account.clock.now)
        return len(paused)

    def _paused(self) -> Iterator[Run]:
        for change_id in self.change_ids():
            yield from (run for run in self.runs(change_id) if run.paused)

    def visit(self, visit: Visit) -> str:
        """Answer with the link of a person's newest mail about a change; return who did.

        Returns "" if nobody has such a mail, or nobody can be sent a code or a page now.
        """
        begins, ends = self.lost
        if self.broken or begins <= self.account.clock.now < ends:
            return ""
        told = [mail for _, mail in self.accepted if f"[{visit.change_id}]".encode() in mail.raw]
        people = list(dict.fromkeys(mail.to for mail in told))
        if visit.person >= len(people):
            return ""
        mail = [one for one in told if one.to == people[visit.person]][-1]
        who = Visitor(responder(self.account), link_in(mail))
        if visit.answer == "acknowledged":
            done = who.confirm(who.choose("acknowledged"), "SEEN")
        else:
            asked = who.confirm(who.choose("approved"), "approve")
            self.account.send()
            done = who.send(asked.forms[0], code=code_in(self.account.ses.mails[-1]))
        if "Your answer is recorded." not in done.text:
            raise AssertionError(f"{visit}: {done.text[:400]}")
        return mail.to

    # ---- What came of it

    def change_ids(self) -> list[str]:
        """Every change that was planned here."""
        return sorted({one["change_id"]["S"] for one in self.ledger.items.values()
                       if "change_id" in one})  # fmt: skip

    def runs(self, change_id: str) -> list[Run]:
        """Every run of a change, its reminders too."""
        ledger = self.account.ledger
        return [*ledgers.runs_of(ledger, change_id), *ledgers.reminders_of(ledger, change_id)]

    def people_of(self, run: Run) -> list[Recipient]:
        """Everybody in a run."""
        batches = ledgers.batches_of(self.account.ledger, run)
        return [recipient for batch in batches for recipient in batch.recipients]

    def mails_of(self, runs: list[Run]) -> list[Mail]:
        """Return the mails of a change's runs as the judges want them, as SES accepted them."""
        of = {run.run: run for run in runs}
        variants = {
            (run.run, one.address): one.variant for run in runs for one in self.people_of(run)
        }
        found = []
        for at, mail in self.accepted:
            run = of.get(mail.tags.get("r", "").partition("-")[0])
            if run is None:
                continue
            reminds = (run.starts_at - self.start, run.reminds) if run.is_reminder else None
            whole = variants.get((run.run, mail.to)) != Variant.REMINDER
            bounced = mail.message_id in self.bounced
            found.append(
                Mail(at - self.start, mail.to, False, run.revision, bounced, reminds, whole)
            )
        return found
