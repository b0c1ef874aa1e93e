"""How many reports a second one core of the hub processes, with the real handler of track_status.

    python -m benchmarks.hub

The status table and the registry are a stub behind real HTTP, on another core; boto3 is real. CPU
time of this process is measured, of which waiting for DynamoDB takes none. The peer writes one item
for each report with boto3's client as it comes, and does nothing else.
"""

import importlib
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from typing import Any
from uuid import UUID

from benchmarks.measure import ROOT, ROUNDS, at_least, at_most, cpu_of, pin_to_one_core, report
from benchmarks.stubs.hub import counts, customer, hub
from changecast.contract.delivery_reported import DeliveryReported, RunState, reported_entry

CUSTOMERS, BATCH = 250, 10
# What a run reports while it is sent. The hub writes each row and its history in one request, and
# reads the rows of a batch in one.
STATES = (RunState.PLANNED, RunState.SENDING, RunState.SENDING, RunState.SENT)
REPORTS = CUSTOMERS * len(STATES)
REQUESTS = 1.2


def main() -> None:
    """Print the JSON line of the measure."""
    with hub(CUSTOMERS) as url:
        pin_to_one_core()
        os.environ |= environment(url)
        sys.path.insert(0, str(ROOT / "functions"))
        handler = importlib.import_module("track_status").handler
        bare = importlib.import_module("boto3").client("dynamodb")
        logging.disable(logging.INFO)
        _track(handler, 0)  # warms up
        asked = _asked(url)
        ours, peers = [], []
        for change in range(1, ROUNDS + 1):
            ours.append(REPORTS / cpu_of(partial(_track, handler, change)))
            peers.append(REPORTS / cpu_of(partial(_write, bare, change)))
        asked = (_asked(url) - asked) / ROUNDS / REPORTS - 1  # without the peer's
    report("hub_reports", ours, "reports/s of CPU", at_least(500), peers=peers)
    report("hub_requests", [asked], "requests a report", at_most(REQUESTS))


def _asked(url: str) -> float:
    requests = counts(url)
    return sum(number for name, number in requests.items() if "Item" in name)


def _write(dynamodb: Any, change: int) -> None:
    for number in range(REPORTS):
        item = {"pk": {"S": f"bare#{change}"}, "sk": {"S": f"{number}"}, "state": {"S": "sent"}}
        dynamodb.put_item(TableName="status", Item=item)


def _track(handler: Any, change: int) -> None:
    """Give the handler all reports of a change, as many at a time as the queue does."""
    bodies = list(_reports(f"CHG-{change}"))
    for start in range(0, len(bodies), BATCH):
        records = [
            {"messageId": str(number), "body": body, "attributes": {}}
            for number, body in enumerate(bodies[start : start + BATCH])
        ]
        with redirect_stdout(StringIO()):  # metrics
            answer = handler({"Records": records}, None)
        if answer["batchItemFailures"]:
            raise SystemExit("a report went back to the queue")


def _reports(change_id: str) -> Iterator[str]:
    """Every customer's reports about a change, as SQS brings them, one state after another."""
    for seq, state in enumerate(STATES, 1):
        for number in range(CUSTOMERS):
            yield json.dumps(_envelope(change_id, number, seq, state))


def _envelope(change_id: str, number: int, seq: int, state: RunState) -> dict[str, Any]:
    code, account = customer(number)
    detail = DeliveryReported.model_validate(
        {
            "event_id": UUID(int=number), "change_id": change_id, "revision": 1, "customer": code,
            "state": state, "report_seq": seq, "started_at": "2027-01-16T08:05:00Z",
            "counts": {"planned": 100, "sent": 100 if state is RunState.SENT else 0},
            "trace_id": "1-65a63f3c-8f5b4c1f9a0d2e7b6c4d1a90",
        }
    )  # fmt: skip
    entry = reported_entry(detail, bus="changecast-hub", account=account)
    return {
        "version": "0",
        "id": f"{change_id}-{number}-{seq}",
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": account,
        "time": "2027-01-16T08:05:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": json.loads(entry["Detail"]),
    }


def environment(url: str) -> dict[str, str]:
    """Return the settings of track_status, for a stub at this address."""
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": url,
        "BOTO_DISABLE_CRT": "true",  # the package has boto3 alone: no compiled signer
        "STATUS_TABLE": "status",
        "STATUS_DLQ_URL": f"{url}/dead-letters",
        "REPORT_DEADLINE_MINUTES": "15",
        "HUB_BUS": "changecast-hub",
    }


if __name__ == "__main__":
    main()
