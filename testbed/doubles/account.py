"""One customer's account: the real handlers, loaded as Lambda does, with the given clients."""

import importlib.util
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from changecast.customer.channels.chat import Chat
from changecast.customer.channels.webhook import Webhook
from changecast.customer.ledger import runs
from changecast.customer.ledger import table as ledger_module
from changecast.customer.ledger.endpoints import Endpoint, add_endpoint, read_endpoint
from changecast.customer.ledger.evidence import note_event
from changecast.customer.ledger.schema import ChannelName, Recipient, Run, run_id
from changecast.lambdas import clients as lambda_clients
from testbed.doubles.clock import Clock
from testbed.doubles.dynamodb import Table
from testbed.doubles.events import Events
from testbed.doubles.receivers import SECRET, Receivers
from testbed.doubles.s3 import S3
from testbed.doubles.secrets import Secrets
from testbed.doubles.ses import Ses, said_at
from testbed.doubles.sns import Sns
from testbed.doubles.sqs import Message, Sqs
from testbed.expand import read

FUNCTIONS = Path(__file__).parents[2] / "functions"
NOTICES = "notices"
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
    "ANNOUNCEMENTS_QUEUE_URL": ANNOUNCEMENTS,
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
    "PROVIDER_NAME": "Provider",
    "LOGO_URL": "",
    "LOGO_TEXT": "",
    "DARK_LOGO_URL": "",
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


# What an account also has if its people may answer.
ANSWERING = {
    "RESPONSES": "yes",
    "RESPONSE_URL": "https://answers.acme.example",
    "RESPONSE_KEYRING": "arn:aws:secretsmanager:eu-west-1:222222222222:secret:changecast",
    "RESPONSE_CONFIRMATION": "code",
    "RESPONDER_IDENTITY": "pseudonym",
    "PREFERENCES_QUEUE_URL": "preferences",
    "APPROVALS_NEEDED": "0",
}


# What an account also has if it may have chats and webhooks.
WITH_CHANNELS = {"NOTICES_QUEUE_URL": NOTICES, "CHANNELS": "yes"}


def lifecycle_rules(ledger_days: int) -> list[dict[str, Any]]:
    """Return the lifecycle rules of the mails bucket, read from the template."""
    bucket = read("template.yaml")["Resources"]["Mails"]["Properties"]
    rules: list[dict[str, Any]] = bucket["LifecycleConfiguration"]["Rules"]
    in_days = {"Ref": "LedgerTtlDays"}
    return [
        rule | {"ExpirationInDays": ledger_days} if rule["ExpirationInDays"] == in_days else rule
        for rule in rules
    ]


def load(clients: dict[str, Any], environment: dict[str, str]) -> dict[str, ModuleType]:
    """Return the handlers' modules as after a cold start, with these clients by service name."""
    modules = {}
    with (
        patch.dict(os.environ, environment),
        patch("boto3.client", lambda service, **_: clients[service]),
        # The doubles write no requests.
        patch.object(lambda_clients, "light", lambda client: client),
        patch.object(ledger_module, "light", lambda client: client),
    ):
        notices = ("deliver_notice",) if "NOTICES_QUEUE_URL" in environment else ()
        for name in (*HANDLERS, *notices):
            spec = importlib.util.spec_from_file_location(name, FUNCTIONS / f"{name}.py")
            assert spec is not None
            assert spec.loader is not None
            modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(modules[name])
    return modules


def set_clock(modules: dict[str, ModuleType], clock: Clock) -> None:
    """Let every handler use this clock."""
    for module in modules.values():
        vars(module)["ledger"] = replace(module.ledger, wait=clock.sleep)
    for name, work in (("record_outcome", "recorder"), ("report_delivery", "reporter"),
                       ("sweep", "sweeper")):  # fmt: skip
        configure(modules[name], work, ledger=modules[name].ledger, clock=clock.time)
    if "deliver_notice" in modules:
        module = modules["deliver_notice"]
        configure(module, "notices", ledger=module.ledger, clock=clock.time)
    module = modules["send_mail"]
    links = module.links
    if links is not None:
        keyrings = replace(links.keyrings, clock=clock.time)
        links = replace(links, keyrings=keyrings, clock=clock.time)
    channel = replace(module.sender.channel, links=links)
    sender = replace(
        module.sender,
        ledger=module.ledger,
        channel=channel,
        clock=clock.time,
        wait=clock.sleep,
        links=links,
    )
    configure(module, "deliveries", sender=sender)
    module = modules["plan_delivery"]
    planner = module.announcements.planner
    reader = replace(planner.reader, ledger=module.ledger, clock=clock.time)
    planner = replace(planner, ledger=module.ledger, reader=reader)
    configure(module, "announcements", planner=planner, clock=clock.time)


def configure(module: ModuleType, work: str, **changes: Any) -> None:
    """Change what a handler works with, which its module calls `work`."""
    vars(module)[work] = replace(vars(module)[work], **changes)


@dataclass
class Context:
    """Lambda's context, with a number of seconds left."""

    seconds: float = 60.0

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left."""
        return int(self.seconds * 1_000)


@dataclass
class Account:
    """An account that works step by step; nothing fails unless a test makes it fail."""

    clock: Clock = field(default_factory=Clock)
    ses: Ses = field(default_factory=Ses)
    table: Any = field(default_factory=Table)
    s3: Any = field(default_factory=S3)
    events: Events = field(default_factory=Events)
    secrets: Secrets = field(default_factory=Secrets)
    sns: Sns = field(default_factory=Sns)
    receivers: Receivers = field(default_factory=Receivers)
    environment: dict[str, str] = field(default_factory=dict)
    wrap: Callable[[str, Any], Any] = lambda service, client: client

    def __post_init__(self) -> None:
        self.sqs = Sqs(self.clock)
        self.ses.clock = self.clock
        if isinstance(self.s3, S3):
            self.s3.clock = self.clock
        self.start()
        # A mail was tried when the account was created, and SES reported it.
        note_event(replace(self.ledger, client=self.table), self.clock.now - 86_400.0)

    def start(self) -> None:
        """Load the handlers again, as in a cold start."""
        clients = {
            "dynamodb": self.table, "s3": self.s3, "sesv2": self.ses, "sqs": self.sqs,
            "events": self.events, "secretsmanager": self.secrets, "sns": self.sns,
        }  # fmt: skip
        clients = {service: self.wrap(service, client) for service, client in clients.items()}
        self.modules = load(clients, ENVIRONMENT | self.environment)
        set_clock(self.modules, self.clock)
        # One call after another, because the clock does not support threads.
        send_mail = self.modules["send_mail"]
        configure(
            send_mail, "deliveries", sender=replace(send_mail.deliveries.sender, each=_one_by_one)
        )
        configure(self.modules["record_outcome"], "recorder", each=_one_by_one)

        if "deliver_notice" in self.modules:
            configure(self.modules["deliver_notice"], "notices", channels=self._channels(clients))

    def _channels(self, clients: dict[str, Any]) -> dict[ChannelName, Any]:
        """Return the channels over our doubles of topics and receivers."""
        webhook = partial(
            Webhook,
            clients["secretsmanager"],
            clock=self.clock.time,
            resolve=self.receivers.resolve,
            post=self.receivers.post,
        )
        return {ChannelName.CHAT: partial(Chat, clients["sns"]), ChannelName.WEBHOOK: webhook}

    def add_endpoint(self, name: str, **fields: Any) -> Endpoint:
        """Keep an endpoint, as `changecast channels add` does: a webhook unless said otherwise."""
        arn = f"arn:aws:secretsmanager:eu-west-1:111111111111:secret:changecast/channels/{name}"
        webhook = {
            "channel": ChannelName.WEBHOOK,
            "target": f"https://{name}.acme.example/hook",
            "topics": ("announcements", "approvals"),
            "secret": arn,
        }
        endpoint = Endpoint(name, **{**webhook, **fields})
        self.secrets.webhooks[arn, "AWSCURRENT"] = SECRET
        assert add_endpoint(self.ledger, endpoint)
        return endpoint

    def add_chat(self, name: str = "chat", **fields: Any) -> Endpoint:
        """Keep a chat with a topic of its own."""
        topic = f"arn:aws:sns:eu-west-1:111111111111:changecast-{name}"
        return self.add_endpoint(name, channel=ChannelName.CHAT, target=topic, secret="", **fields)

    def endpoint(self, name: str) -> Endpoint:
        """Return an endpoint as the ledger holds it."""
        found = read_endpoint(self.ledger, name)
        assert found is not None
        return found

    def told(self, change_id: str = "CHG1", revision: int = 1) -> dict[str, Recipient]:
        """Return the endpoints of a run, by name."""
        run = self.run(change_id, revision)
        batches = ledger_module.endpoint_batches(self.ledger, run)
        return {recipient.address: recipient for b in batches for recipient in b.recipients}

    @property
    def ledger(self) -> ledger_module.Ledger:
        """The ledger that the handlers write."""
        found: ledger_module.Ledger = self.modules["sweep"].ledger
        return found

    def pass_days(self, days: float) -> None:
        """Let days pass in which nothing happens, except that AWS deletes what has expired."""
        self.clock.now += days * 86_400.0
        self.table.expire(self.clock.now)
        self.s3.expire(lifecycle_rules(int(self.environment.get("LEDGER_TTL_DAYS", 120))))

    def announce(self, envelope: dict[str, Any]) -> None:
        """Deliver an announcement into this account's queue, as the bus does."""
        self.sqs.send_message(QueueUrl=ANNOUNCEMENTS, MessageBody=json.dumps(envelope))

    def plan(self) -> None:
        """Handle the announcements in the queue."""
        self.work(ANNOUNCEMENTS, "plan_delivery", Context(300))

    def send(self) -> None:
        """Handle the delivery hints that are due."""
        self.work(DELIVERIES, "send_mail", Context(60))

    def notify(self) -> None:
        """Handle the hints of notices that are due."""
        if "deliver_notice" in self.modules:
            self.work(NOTICES, "deliver_notice", Context(60))

    def report(self) -> None:
        """Handle the report hints that are due."""
        self.work(REPORTS, "report_delivery", Context(30), batch=10)

    def outcomes(self) -> None:
        """Handle SES's own events that are due."""
        self.work(OUTCOMES, "record_outcome", Context(30), batch=50)

    def sweep(self) -> None:
        """Do what happens every minute."""
        self.modules["sweep"].handler({}, Context(60))

    def hear(self, event: dict[str, Any]) -> None:
        """Put an event on the default bus, as SES does."""
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
                self.notify()
                self.outcomes()
                self.report()
            self.clock.now = max(self.clock.now, end)

    def _next_due(self) -> float:
        queues = (ANNOUNCEMENTS, DELIVERIES, NOTICES, OUTCOMES, REPORTS)
        waiting = (message.visible_at for queue in queues for message in self.sqs.queue(queue))
        return min(waiting, default=float("inf"))

    def work(self, queue: str, name: str, context: Context, batch: int = 1) -> None:
        """Receive what is due, give it to a function, and delete what did not fail."""
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
        """Return a run as the ledger holds it."""
        found = ledger_module.read_run(self.ledger, run_id(change_id, revision))
        assert found is not None
        return found

    def recipients(self, change_id: str, revision: int = 1) -> dict[str, Recipient]:
        """Return every recipient of a run, by address."""
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
        """Do what `changecast resume` does."""
        run = self.run(change_id, revision)
        runs.resume(self.ledger, run)
        runs.sweep_soon(self.ledger, run, self.clock.now)


def _one_by_one(call: Callable[[int, Recipient], Any], recipients: Any) -> list[Any]:
    return [call(index, recipient) for index, recipient in enumerate(recipients)]
