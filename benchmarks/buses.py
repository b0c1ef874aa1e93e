"""A hub with 1,200 customers on five buses: who is reached, and what announcing costs.

    python -m benchmarks.buses [CUSTOMERS]

The customers' accounts are faked: each is a bus of the name that its route leads to, with a rule to
one queue. What is measured is the hub: the split of an announcement by bus, the five buses, and the
tracker. An announcement must reach exactly the customers that it names, each once.
"""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.fleet import customer, document, invocations, metered_cloud, requests, still
from benchmarks.measure import at_least, at_most, at_most_peer, cpu_seconds, report
from changecast.hub.announcing.announce import Hub, announce, connect
from changecast.hub.tracking.table import statuses
from changecast_cli.deploying import samconfig
from changecast_cli.deploying.sam import repository
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.deploying.stacks import deploy_stack
from changecast_cli.local.stage import HUB, REGION, Stage
from changecast_local.cloud import Cloud
from testbed.fleet import build_fleet, deploy_hub

CUSTOMERS, BUSES = 1_200, 5
AT_ONCE = 4
WAIT_SECONDS = 600
QUEUE = "announced"


@dataclass(frozen=True)
class Field:
    """The hub and the faked accounts of its customers."""

    cloud: Cloud
    customers: Sequence[CustomerStack]
    hub: Hub
    meter: Path


def main() -> None:
    """Print one JSON line per measure."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS
    customers = [_on_its_bus(customer(one), one, number) for one in range(1, number + 1)]
    with tempfile.TemporaryDirectory(prefix="changecast-buses-") as scratch:
        folder = Path(scratch)
        with metered_cloud(folder) as (cloud, meter):
            _deploy(cloud, folder, customers)
            session = cloud.session(HUB.account, REGION)
            field = Field(cloud, customers, connect(session), meter)
            _measure(field)


def _on_its_bus(each: CustomerStack, one: int, number: int) -> CustomerStack:
    at = (one - 1) * BUSES // number
    bus = HUB_BUSES[at]
    return replace(each, hub_bus=bus)


HUB_BUSES = ("changecast-hub", *(f"changecast-hub-{number}" for number in range(2, BUSES + 1)))


def _deploy(cloud: Cloud, folder: Path, customers: Sequence[CustomerStack]) -> None:
    builds = build_fleet(Stage(tuple(customers[:1])), cloud, folder / "sam")
    deploy_hub(builds, Stage(()), cloud, {})
    still(cloud, [HUB.account])
    session = cloud.session(HUB.account, REGION)
    body = (repository() / samconfig.BUS_TEMPLATE).read_text("utf-8")
    for bus in HUB_BUSES[1:]:
        deploy_stack(session, bus, body, {"BusName": bus}, poll_seconds=0.05)
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda each: _deploy_customer(cloud, each), customers))
    took = (time.monotonic() - began) / len(customers)
    report("buses_route_deployed_each", [took], "s")


def _deploy_customer(cloud: Cloud, each: CustomerStack) -> None:
    """Fake the customer's account, then deploy its route from hub/route.yaml."""
    there = cloud.session(each.account, REGION)
    sqs, events = there.client("sqs"), there.client("events")
    url = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
    bus = events.create_event_bus(Name="changecast")["EventBusArn"]
    may: Any = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HUB.account}:root"},
        "Action": "events:PutEvents",
        "Resource": bus,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "route", **may}]})
    events.put_permission(EventBusName="changecast", Policy=policy)
    events.put_rule(
        Name="all", EventBusName="changecast", EventPattern='{"source":[{"prefix":""}]}'
    )
    queue = f"arn:aws:sqs:{REGION}:{each.account}:{QUEUE}"
    from_rules: Any = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
    }
    rules = json.dumps({"Version": "2012-10-17", "Statement": [from_rules]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": rules})
    events.put_targets(
        Rule="all", EventBusName="changecast", Targets=[{"Id": "queue", "Arn": queue}]
    )
    given = samconfig.route_environment(each, HUB)["deploy"]["parameters"]["parameter_overrides"]
    deploy_stack(
        cloud.session(HUB.account, REGION),
        f"changecast-route-{each.code}",
        (repository() / samconfig.ROUTE_TEMPLATE).read_text("utf-8"),
        {name: value.strip('"') for name, _, value in (pair.partition("=") for pair in given)},
        poll_seconds=0.05,
    )


def _measure(field: Field) -> None:
    codes = [each.code for each in field.customers]
    few = [codes[len(codes) * bus // BUSES] for bus in range(BUSES)]
    for name, named in (("1", codes[:1]), ("5_of_5_buses", few), ("all", codes)):
        got = _announced(field, named)
        report(f"buses_reached_of_{name}", [got["reached"]], "customers", at_least(len(named)))
        report(f"buses_reached_twice_of_{name}", [got["twice"]], "customers", at_most(0))
        report(f"buses_reached_others_of_{name}", [got["others"]], "customers", at_most(0))
        report(f"buses_events_of_{name}", [got["events"]], "events")
        report(f"buses_announce_wall_of_{name}", [got["wall_s"]], "s")
        report(f"buses_announce_cpu_per_code_of_{name}", [got["cpu_ms"] / len(named)], "ms")
        if name == "5_of_5_buses":
            peers = [got["calls"] / len(named)]
        if name == "all":
            each = [got["calls"] / len(named)]
            report("buses_tracker_calls_per_code", each, "calls", at_most_peer(1.2), peers=peers)


def _announced(field: Field, codes: Sequence[str]) -> dict[str, float]:
    """Announce to these, and return what that cost."""
    began, cpu = time.time(), cpu_seconds()
    announced = announce(document(codes), hub=field.hub)
    wall, cpu = time.time() - began, cpu_seconds() - cpu
    _wait_for_rows(field, announced.change_id, codes)
    lines = [json.loads(line) for line in field.meter.read_text("utf-8").splitlines()]
    since = [line for line in lines if line.get("ended", line.get("at", 0.0)) >= began]
    got = Counter(code for code in _queued(field))
    tracked = {line["function"] for line in invocations(since)}
    return {
        "reached": len([code for code in codes if got[code]]),
        "twice": sum(number > 1 for number in got.values()),
        "others": len(set(got) - set(codes)),
        "events": len({each.hub_bus for each in field.customers if each.code in set(codes)}),
        "wall_s": wall,
        "cpu_ms": 1e3 * cpu,
        "calls": float(len(requests(since)) if tracked <= {"TrackStatus"} else 0),
    }


def _wait_for_rows(field: Field, change_id: str, codes: Sequence[str]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while {row["customer"] for row in statuses(field.hub.table, change_id)} != set(codes):
        if time.monotonic() > end:
            raise SystemExit(f"{change_id}: no status row for each of {len(codes)} codes")
        time.sleep(0.5)
    while time.time() - field.meter.stat().st_mtime < 1.5:
        time.sleep(0.1)


def _queued(field: Field) -> list[str]:
    """Return the code of each message that a fake account got, and delete the message."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = threads.map(lambda each: [each.code] * _taken(field.cloud, each), field.customers)
        return [code for codes in found for code in codes]


def _taken(cloud: Cloud, each: CustomerStack) -> int:
    sqs = cloud.session(each.account, REGION).client("sqs")
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return len(messages)


if __name__ == "__main__":
    main()
