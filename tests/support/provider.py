"""A provider with a deployed hub and customers, and what their people get."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import boto3

from changecast.hub.announcing.announce import STATUS_TABLE, Announcement, Hub, announce, connect
from changecast.hub.tracking.table import statuses
from changecast_cli.announcing.results import final_run
from changecast_cli.local.mails import by_customer
from changecast_cli.local.stage import HUB, Stage
from changecast_cli.watching.runs import Run, run_of
from changecast_local.cloud import Cloud

SAMPLES = Path(__file__).parents[1] / "samples"
# A customer with many subscribers, for what must go wrong in the middle.
CROWDED, CROWD = "hooli", 500
# A customer that lets the provider take its operator role, and one that brings a key of its own.
OPERATED, AGREED = "globex", "agreed-between-us"
WITH_KEY = "initech"
Value = TypeVar("Value")
# Only a machine that is far too busy needs this long: by then, Lambda tried a second time.
PATIENCE_SECONDS = 400
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0


@dataclass
class Provider:
    cloud: Cloud
    stage: Stage
    folder: Path

    def hub(self) -> Hub:
        return connect(self.cloud.session(HUB.account))

    def session(self, code: str) -> boto3.Session:
        return self.cloud.session(self.account(code))

    def preparing(self, code: str) -> boto3.Session:
        """A session for setting up a test, and for checking its result."""
        return self.cloud.preparing(self.account(code))

    def account(self, code: str) -> str:
        return next(one.account for one in self.stage.customers if one.code == code)

    def announce(self, document: Any, **options: Any) -> Announcement:
        return announce(document, hub=self.hub(), **options)

    def announce_and_wait(
        self, document: Any, seconds: float = PATIENCE_SECONDS, **options: Any
    ) -> Run:
        hub = self.hub()
        return final_run(hub, announce(document, hub=hub, **options), seconds)

    def put_raw(self, detail: Any, *, source: str = "changecast.changes") -> None:
        events = self.cloud.session(HUB.account).client("events")
        answer = events.put_events(
            Entries=[
                {
                    "Source": source,
                    "DetailType": "ChangeAnnounced",
                    "Detail": detail if isinstance(detail, str) else json.dumps(detail),
                    "EventBusName": "changecast-hub",
                }
            ]
        )
        assert answer["FailedEntryCount"] == 0

    def mails(self, change_id: str, code: str | None = None) -> list[dict[str, Any]]:
        codes = {customer.account: customer.code for customer in self.stage.customers}
        account = self.account(code) if code else None
        return by_customer(self.cloud.mails(account, subject=f"[{change_id}]"), codes)

    def mailed(self, change_id: str, code: str) -> list[str]:
        """Whom this customer's mails about a change went to, quickly."""
        mails = self.cloud.mails(self.account(code), subject=f"[{change_id}]", fields=["to"])
        return [mail["to"] for mail in mails]

    @cached_property
    def table(self) -> Any:
        """The hub's status table. A whole hub reads the registry too, which a poll needs not."""
        return self.cloud.session(HUB.account).resource("dynamodb").Table(STATUS_TABLE)

    def status(self, change_id: str) -> Run:
        return run_of(change_id, statuses(self.table, change_id))

    def queue_length(self, code: str, queue: str) -> int:
        sqs = self.session(code).client("sqs")
        (url,) = [url for url in sqs.list_queues()["QueueUrls"] if queue in url]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def document(**changed: Any) -> dict[str, Any]:
    """A current-shape document of a new change for acme and globex, approved."""
    sample = json.loads((SAMPLES / "a-current-approved.json").read_text("utf-8"))
    return {**sample, "changeId": f"CHG-{uuid4().hex[:10]}", "version": 1, **changed}


def eventually(look: Callable[[], Value], seconds: float = PATIENCE_SECONDS) -> Value:
    """What `look` gives once it is truthy; fails with the last answer when time is over.

    It looks less and less often, because what it waits for needs the processor too.
    """
    end, pause = time.monotonic() + seconds, FIRST_PAUSE
    while not (found := look()):
        assert time.monotonic() < end, f"still {found!r} after {seconds} s"
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
    return found
