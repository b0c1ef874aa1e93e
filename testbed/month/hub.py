"""The hub in a month: the real `announce` and `track_status`, over tables of the embedded cloud."""

import importlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import boto3

from changecast.hub.announcing.announce import Announcement, Hub, announce
from changecast.hub.registry import PREFIX, Customer
from changecast.hub.tracking import registry_index, tracker
from changecast_local.cloud import running
from testbed.doubles.clock import Clock
from testbed.month.plot import Party, Revision, Told
from testbed.templates import resource

ACCOUNT, REGION, BATCH = "111111111111", "eu-central-1", 10
FUNCTIONS = Path(__file__).parents[2] / "functions"
DEAD = "status-dead-letters"


class Bus:
    """Takes what is announced, and what the tracker puts."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """PutEvents."""
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in Entries]}


@dataclass
class HubSide:
    """The hub's table, registry and tracker, which use a clock of their own.

    `asked` counts the requests to DynamoDB, and the items that it returned.
    """

    clock: Clock
    table: Any
    handler: Any
    customers: Mapping[str, Customer]
    sqs: Any
    dead: str
    bus: Bus = field(default_factory=Bus)
    asked: Counter[str] = field(default_factory=Counter)

    def now(self) -> datetime:
        """Return the time of the month."""
        return datetime.fromtimestamp(self.clock.now, UTC)

    def announce(self, told: Told, revision: Revision, start: float) -> Announcement:
        """Announce a revision, as `changecast announce` does."""
        caller = f"arn:aws:iam::{ACCOUNT}:user/maria"
        hub = Hub(self.table, self.bus, self.customers, caller)  # type: ignore[arg-type]
        return announce(document(told, revision, start), hub=hub, now=self.now)

    def put(self) -> list[dict[str, Any]]:
        """Return what was put on the bus since the last call, as a bus delivers it."""
        found = [delivered(entry, ACCOUNT, self.clock.now) for entry in self.bus.entries]
        self.bus.entries.clear()
        return [one for one in found if one["detail-type"] == "ChangeAnnounced"]

    def track(self, bodies: list[dict[str, Any]]) -> None:
        """Hand events to the tracker, as many at a time as its queue does."""
        for start in range(0, len(bodies), BATCH):
            records = [
                {"messageId": str(number), "body": json.dumps(body), "attributes": {}}
                for number, body in enumerate(bodies[start : start + BATCH])
            ]
            answer = self.handler({"Records": records}, None)
            if answer["batchItemFailures"]:
                raise AssertionError(f"the tracker returned {answer} of {records} to the queue")

    def parked(self) -> int:
        """Return how many events were parked."""
        name = "ApproximateNumberOfMessages"
        found = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=[name])
        return int(found["Attributes"][name])

    def looked(self, look: Callable[[], object]) -> tuple[float, float, float]:
        """Return the requests, the items and the milliseconds that a query takes."""
        before, began = Counter(self.asked), time.perf_counter()
        look()
        took, now = time.perf_counter() - began, self.asked
        return now["requests"] - before["requests"], now["items"] - before["items"], 1e3 * took


def document(told: Told, revision: Revision, start: float) -> dict[str, Any]:
    """Return the document of a revision. The same content in other words is not material."""
    begins = start + revision.starts
    return {
        "object_type": "change",
        "changeId": told.change_id,
        "version": revision.number,
        "changeTitle": "Patch the database hosts",
        "changeReason": "A fault of the vendor's.",
        "customers": list(revision.customers),
        "customerImpact": f"Impact {revision.content}.",
        "implementationPlan": "1. Drain\n2. Patch",
        "implementationStart": _rfc3339(begins),
        "implementationEnd": _rfc3339(begins + 3_600.0),
        "timezone": "Europe/Madrid",
        "status": revision.status,
        "prior_status": f"version {revision.number}",
    }


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


def delivered(entry: Mapping[str, Any], account: str, at: float) -> dict[str, Any]:
    """Return an event as EventBridge hands it to a rule's target."""
    return {
        "version": "0",
        "id": "11111111-2222-3333-4444-555555555555",
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": account,
        "time": _rfc3339(at).replace("+00:00", "Z"),
        "region": REGION,
        "resources": [],
        "detail": json.loads(entry["Detail"]),
    }


def registered(party: Party) -> Customer:
    """Return a customer's entry in the registry."""
    bus = f"arn:aws:events:{party.region}:{party.account}:event-bus/changecast"
    return Customer(party.code, party.account, party.region, bus, f"The {party.code}")


@contextmanager
def hub_side(parties: Mapping[str, Party], clock: Clock) -> Iterator[HubSide]:
    """Make a hub with these customers, until the block ends."""
    with running(auth=False) as cloud:
        environment = cloud.environment(ACCOUNT, REGION) | {
            "STATUS_TABLE": "changecast-status",
            "HUB_BUS": "changecast-hub",
            "REPORT_DEADLINE_MINUTES": "15",
        }
        session = cloud.session(ACCOUNT, REGION)
        sqs, ssm = session.client("sqs"), session.client("ssm")
        dead = sqs.create_queue(QueueName=DEAD)["QueueUrl"]
        customers = {code: registered(party) for code, party in parties.items()}
        for code, customer in customers.items():
            value = json.dumps(asdict(customer))
            ssm.put_parameter(Name=PREFIX + code, Value=value, Type="String")
        table = _table(session)
        environment["STATUS_DLQ_URL"] = dead
        with _loaded(environment, clock) as module:
            side = HubSide(clock, module.tracker.table, module.handler, customers, sqs, dead)
            vars(module)["tracker"] = _with_events(module.tracker, side.bus)
            _count(module.tracker.table, side.asked)
            assert table.name == module.tracker.table.name
            yield side


def _with_events(made: tracker.Tracker, bus: Bus) -> tracker.Tracker:
    return tracker.Tracker(made.table, made.accounts, made.sqs, bus, made.settings)  # type: ignore[arg-type]


def _table(session: boto3.Session) -> Any:
    properties = resource("hub/template.yaml", "StatusTable")
    wanted = ("TableName", "BillingMode", "AttributeDefinitions", "KeySchema",
              "GlobalSecondaryIndexes")  # fmt: skip
    made: Any = session.resource("dynamodb")
    return made.create_table(**{name: properties[name] for name in wanted})


@contextmanager
def _loaded(environment: Mapping[str, str], clock: Clock) -> Iterator[ModuleType]:
    """Load `track_status` as Lambda does; it and what it calls use the clock."""

    class At(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "At":
            return cls.fromtimestamp(clock.now, tz)

    with (
        patch.dict("os.environ", environment),
        patch.object(sys, "path", [str(FUNCTIONS), *sys.path]),
        patch.dict(sys.modules),
        patch.object(tracker, "datetime", At),
        patch.object(registry_index, "datetime", At),
    ):
        sys.modules.pop("track_status", None)
        yield importlib.import_module("track_status")


def _count(table: Any, asked: Counter[str]) -> None:
    """Count the requests to a table, and the items that it returns."""

    def after(parsed: Mapping[str, Any], **_: Any) -> None:
        asked["requests"] += 1
        asked["items"] += len(parsed.get("Items", ()))

    table.meta.client.meta.events.register("after-call.dynamodb", after)
