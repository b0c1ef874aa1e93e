"""One customer's account: the real handlers, loaded as Lambda loads them, over given clients."""

import importlib.util
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from changecast import ledger as ledger_module
from changecast import runs
from changecast.channel import note_heard
from changecast.ledger_items import Recipient, Run, run_id
from tests.doubles.clock import Clock
from tests.doubles.dynamodb import Table
from tests.doubles.events import Events
from tests.doubles.s3 import S3
from tests.doubles.ses import Ses, said_at
from tests.doubles.sqs import Message, Sqs

FUNCTIONS = Path(__file__).parents[2] / "functions"
HANDLERS = ("plan_delivery", "send_mail", "sweep", "record_outcome", "report_delivery")
ANNOUNCEMENTS, DELIVERIES, REPORTS = "announcements", "deliveries", "reports"
OUTCOMES, DEAD_LETTERS = "outcomes", "announcements-dlq"
DEAD_OUTCOMES = "outcomes-dlq"
ENVIRONMENT = {
    "CUSTOMER_CODE": "acme",
    "CUSTOMER_NAME": "Acme Industries",
    "ENVIRONMENT": "prod",
    "LEDGER_TABLE": "ledger",
    "LEDGER_TTL_DAYS": "120",
    "UNKNOWN_WINDOW_MINUTES": "60",
    "UNKNOWN_POLICY": "resend",
    "MAILS_BUCKET": "mails",
    "DELIVERIES_QUEUE_URL": DELIVERIES,
    "REPORTS_QUEUE_URL": REPORTS,
    "OUTCOMES_QUEUE_URL": OUTCOMES,
    "OUTCOMES_DLQ_URL": DEAD_OUTCOMES,
    "ANNOUNCEMENTS_DLQ_URL": DEAD_LETTERS,
    "CONTACT_LIST": "changecast",
    "CONFIGURATION_SET": "changecast",
    "SENDER": "changes@acme.example",
    "SENDER_NAME": "Acme changes",
    "SUPPORT_CONTACT": "desk@provider.example",
    "LANGUAGE": "en",
    "TIMEZONE": "Europe/Madrid",
    "BRAND_COLOR": "#0b57a4",
    "BRAND_FOOTER": "",
    "ALLOWED_RECIPIENTS": "",
    "BATCH_SIZE": "25",
    "MAX_MAILS_PER_DAY": "0",
    "MAX_ANNOUNCEMENTS_PER_HOUR": "0",
    "MAX_LIST_GROWTH": "0",
    "ALLOWED_LINK_DOMAINS": "",
    "LEASE_SECONDS": "120",
    "HUB_BUS_ARN": "arn:aws:events:eu-west-1:999999999999:event-bus/changecast-hub",
    "ACCOUNT": "111111111111",
    "BOUNCE_LIMIT_PERCENT": "5",
    "COMPLAINT_LIMIT_PERCENT": "0.1",
}


def load(clients: dict[str, Any], environment: dict[str, str]) -> dict[str, ModuleType]:
    """The handlers' modules, fresh: as in a cold start, with these clients by service name."""
    modules = {}
    with (
        patch.dict(os.environ, environment),
        patch("boto3.client", lambda service, **_: clients[service]),
    ):
        for name in HANDLERS:
            spec = importlib.util.spec_from_file_location(name, FUNCTIONS / f"{name}.py")
            assert spec is not None
            assert spec.loader is not None
            modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(modules[name])
    return modules


def set_clock(modules: dict[str, ModuleType], clock: Clock) -> None:
    """Let every handler live by this clock."""
    for module in modules.values():
        vars(module)["time"] = clock
        vars(module)["ledger"] = replace(module.ledger, wait=clock.sleep)
    sender = vars(modules["send_mail"])["sender"]
    ledger = modules["send_mail"].ledger
    vars(modules["send_mail"])["sender"] = replace(
        sender, ledger=ledger, clock=clock.time, wait=clock.sleep
    )
    planner = vars(modules["plan_delivery"])["planner"]
    vars(modules["plan_delivery"])["planner"] = replace(
        planner, ledger=modules["plan_delivery"].ledger
    )


@dataclass
class Context:
    """Lambda's context with so many seconds left."""

    seconds: float = 60.0

    def get_remaining_time_in_millis(self) -> int:
        """What is left."""
        return int(self.seconds * 1_000)


@dataclass
class Account:
    """An account that works by itself, step after step; nothing fails unless a test says so."""

    clock: Clock = field(default_factory=Clock)
    ses: Ses = field(default_factory=Ses)
    table: Any = field(default_factory=Table)
    s3: Any = field(default_factory=S3)
    events: Events = field(default_factory=Events)
    environment: dict[str, str] = field(default_factory=dict)
    wrap: Callable[[str, Any], Any] = lambda service, client: client

    def __post_init__(self) -> None:
        self.sqs = Sqs(self.clock)
        self.start()
        # A mail was tried when the account was made, and SES spoke of it.
        note_heard(replace(self.ledger, client=self.table), self.clock.now - 86_400.0)

    def start(self) -> None:
        """Load the handlers: all of them are cold."""
        clients = {
            "dynamodb": self.table, "s3": self.s3, "sesv2": self.ses, "sqs": self.sqs,
            "events": self.events,
        }  # fmt: skip
        clients = {service: self.wrap(service, client) for service, client in clients.items()}
        self.modules = load(clients, ENVIRONMENT | self.environment)
        set_clock(self.modules, self.clock)
        # One call after the other: the clock is not made for threads.
        send_mail = vars(self.modules["send_mail"])
        send_mail["sender"] = replace(send_mail["sender"], each=_one_by_one)

    @property
    def ledger(self) -> ledger_module.Ledger:
        """The ledger that the handlers write."""
        found: ledger_module.Ledger = self.modules["sweep"].ledger
        return found

    def announce(self, envelope: dict[str, Any]) -> None:
        """The bus delivers an announcement into this account's queue."""
        self.sqs.send_message(QueueUrl=ANNOUNCEMENTS, MessageBody=json.dumps(envelope))

    def plan(self) -> None:
        """Handle the announcements that are there."""
        self.work(ANNOUNCEMENTS, "plan_delivery", Context(300))

    def send(self) -> None:
        """Handle the delivery hints that are due."""
        self.work(DELIVERIES, "send_mail", Context(60))

    def report(self) -> None:
        """Handle the report hints that are due."""
        self.work(REPORTS, "report_delivery", Context(30), batch=10)

    def outcomes(self) -> None:
        """Handle SES's own events that are due."""
        self.work(OUTCOMES, "record_outcome", Context(30), batch=50)

    def sweep(self) -> None:
        """What happens every minute."""
        self.modules["sweep"].handler({}, Context(60))

    def hear(self, event: dict[str, Any]) -> None:
        """SES puts an event onto the default bus."""
        body = {"time": said_at(self.clock.now)} | event
        self.sqs.send_message(QueueUrl=OUTCOMES, MessageBody=json.dumps(body))

    def settle(self, minutes: int = 5) -> None:
        """Let everything happen that is due in the next minutes."""
        for _ in range(minutes):
            self.sweep()
            end = self.clock.now + 60
            while (due := self._next_due()) <= end:
                self.clock.now = max(self.clock.now, due)
                self.plan()
                self.send()
                self.outcomes()
                self.report()
            self.clock.now = max(self.clock.now, end)

    def _next_due(self) -> float:
        queues = (ANNOUNCEMENTS, DELIVERIES, OUTCOMES, REPORTS)
        waiting = (message.visible_at for queue in queues for message in self.sqs.queue(queue))
        return min(waiting, default=float("inf"))

    def work(self, queue: str, name: str, context: Context, batch: int = 1) -> None:
        """Receive what is due, hand it to a function, delete what it did not send back."""
        due = self.sqs.due(queue)
        for start in range(0, len(due), batch):
            self.invoke(queue, name, due[start : start + batch], context)

    def invoke(self, queue: str, name: str, messages: list[Message], context: Context) -> None:
        """One invocation."""
        for message in messages:
            message.receives += 1
            message.visible_at = self.clock.now + 360
        answer = self.modules[name].handler(
            {"Records": [message.record() for message in messages]}, context
        )
        failed = {entry["itemIdentifier"] for entry in answer["batchItemFailures"]}
        for message in messages:
            if message.id not in failed:
                self.sqs.queue(queue).remove(message)

    def run(self, change_id: str, revision: int = 1) -> Run:
        """A run as the ledger has it."""
        found = ledger_module.read_run(self.ledger, run_id(change_id, revision))
        assert found is not None
        return found

    def recipients(self, change_id: str, revision: int = 1) -> dict[str, Recipient]:
        """Everybody in a run, by address."""
        run = Run(run_id(change_id, revision), change_id, revision, "", "", "", "", False, 0, "")
        return {
            recipient.address: recipient
            for batch in ledger_module.batches_of(self.ledger, run)
            for recipient in batch.recipients
        }

    def states(self, change_id: str, revision: int = 1) -> dict[str, str]:
        """Address -> state."""
        people = self.recipients(change_id, revision).items()
        return {address: str(recipient.state) for address, recipient in people}

    def resume(self, change_id: str, revision: int = 1) -> None:
        """What a person's `changecast resume` does."""
        run = self.run(change_id, revision)
        runs.resume(self.ledger, run)
        runs.hurry(self.ledger, run, self.clock.now)


def _one_by_one(call: Callable[[int, Recipient], Any], recipients: Any) -> list[Any]:
    return [call(index, recipient) for index, recipient in enumerate(recipients)]
