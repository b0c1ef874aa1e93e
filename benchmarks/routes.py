"""A hub with 1,000 routes: what announcing to 1, 10 and all of them costs.

    python -m benchmarks.routes

Routes are stacks of hub/route.yaml, and each customer's account has the part of template.yaml
through which an announcement arrives: bus, policy, rule and queue. Nothing is planned or mailed
here. Matching a thousand rules is the embedded cloud's work, and has no goal. Announcing and the
tracker are ours; the goals are for their CPU and requests.
"""

import json
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.fleet import Fleet, customer, document, invocations, metered_cloud, requests, still
from benchmarks.measure import ROUNDS, at_least, at_most, at_most_peer, cpu_seconds, report
from changecast.contract.change_announced import CUSTOMERS_LIMIT
from changecast.contract.envelope import EVENT_LIMIT, entry_size
from changecast.hub.announcing.announce import announce, connect
from changecast.hub.tracking.table import statuses
from changecast_cli.deploying import samconfig
from changecast_cli.deploying.sam import repository
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.deploying.stacks import deploy_stack
from changecast_cli.local.stage import HUB, REGION, Stage
from changecast_local.cloud import Cloud
from testbed.fleet import Builds, build_fleet, deploy_hub

FEW, MANY = 10, 1_000
AT_ONCE = 4
TRACKED_SECONDS = 300
WAY_IN = ("Bus", "BusPolicy", "AnnouncementsRule", "AnnouncementsQueue",
          "AnnouncementsDeadLetters", "AnnouncementsQueuePolicy")  # fmt: skip


def main() -> None:
    """Print one JSON line per measure."""
    stage = Stage(tuple(customer(number) for number in range(1, MANY + 1)))
    with tempfile.TemporaryDirectory(prefix="changecast-routes-") as scratch:
        folder = Path(scratch)
        with metered_cloud(folder) as (cloud, meter):
            builds = build_fleet(stage, cloud, folder / "sam")
            deploy_hub(builds, Stage(()), cloud, {})
            still(cloud, [HUB.account])
            fleet = Fleet(cloud, stage, meter, builds)
            _stand(fleet, FEW)
            few = _announcing(fleet, fleet.codes[:1])
            began = time.monotonic()
            _stand(fleet, MANY)
            report("routes_deployed_each", [(time.monotonic() - began) / (MANY - FEW)], "s")
            began = time.monotonic()
            fleet.hub = connect(cloud.session(HUB.account, REGION))
            report("routes_1000_registry_read", [time.monotonic() - began], "s")
            _compare(fleet, few)


def _stand(fleet: Fleet, number: int) -> None:
    more = fleet.stage.customers[len(fleet.standing) : number]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda each: _deploy(fleet.cloud, fleet.builds, each), more))
    fleet.standing += more
    fleet.hub = connect(fleet.cloud.session(HUB.account, REGION))


def _deploy(cloud: Cloud, builds: Builds, each: CustomerStack) -> None:
    whole = builds.customer
    way_in = {
        "Parameters": {name: whole["Parameters"][name] for name in ("CustomerCode", "HubAccount")},
        "Resources": {name: whole["Resources"][name] for name in WAY_IN},
    }
    there = cloud.session(each.account, REGION)
    parameters = {"CustomerCode": each.code, "HubAccount": HUB.account}
    deploy_stack(there, "changecast", json.dumps(way_in), parameters, poll_seconds=0.05)
    template = (repository() / samconfig.ROUTE_TEMPLATE).read_text("utf-8")
    given = samconfig.route_environment(each, HUB)["deploy"]["parameters"]["parameter_overrides"]
    deploy_stack(
        cloud.session(HUB.account, REGION),
        f"changecast-route-{each.code}",
        template,
        {name: value.strip('"') for name, _, value in (pair.partition("=") for pair in given)},
        poll_seconds=0.05,
    )


def _compare(fleet: Fleet, few: dict[str, list[float]]) -> None:
    one = _announcing(fleet, fleet.codes[:1])
    report(
        "routes_1000_announce_to_1_cpu", one["cpu_ms"], "ms", at_most_peer(1.2), peers=few["cpu_ms"]
    )
    report("routes_1000_announce_to_1_wall", one["wall_s"], "s", peers=few["wall_s"])
    ten = _announcing(fleet, fleet.codes[:10])
    report("routes_1000_announce_to_10_wall", ten["wall_s"], "s", peers=one["wall_s"])
    whole = _announcing(fleet, fleet.codes, rounds=3)
    report("routes_1000_announce_to_1000_wall", whole["wall_s"], "s", peers=one["wall_s"][:3])
    for name, named, got in (("1", 1, one), ("10", 10, ten), ("1000", MANY, whole)):
        report(f"routes_1000_reached_of_{name}", got["reached"], "customers", at_least(named))
        report(f"routes_1000_reached_others_of_{name}", got["others"], "customers", at_most(0))
    report("routes_1000_event_size_of_1000", whole["bytes"], "bytes", at_most(EVENT_LIMIT))
    per_code = (whole["bytes"][0] - one["bytes"][0]) / (MANY - 1)
    largest = one["bytes"][0] + CUSTOMERS_LIMIT * per_code
    report("routes_event_size_of_most_codes", [largest], "bytes", at_most(EVENT_LIMIT))
    each = [calls / MANY for calls in whole["tracker_calls"]]
    of_ten = [calls / 10 for calls in ten["tracker_calls"]]
    report("routes_1000_tracker_calls_per_code", each, "calls", at_most_peer(1.2), peers=of_ten[:3])
    report("routes_1000_tracker_cpu_per_code", [ms / MANY for ms in whole["tracker_ms"]], "ms")
    report("routes_1000_tracker_longest", whole["tracker_s"], "s", at_most(60))
    report("routes_1000_status_read", whole["status_s"], "s")


def _announcing(fleet: Fleet, codes: Sequence[str], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Return what announcing to these customers cost in each round, after one to warm up."""
    _announce_once(fleet, codes)
    taken = [_announce_once(fleet, codes) for _ in range(rounds)]
    reached = _reached(fleet)
    found = {name: [one[name] for one in taken] for name in taken[0]}
    counts = len(reached & set(codes)), len(reached - set(codes))
    return found | {"reached": [counts[0]], "others": [counts[1]]}


def _announce_once(fleet: Fleet, codes: Sequence[str]) -> dict[str, float]:
    sizes: list[int] = []
    put = fleet.hub.events.put_events

    def measured_put(**request: Any) -> Any:
        sizes.extend(entry_size(entry) for entry in request["Entries"])
        return put(**request)

    fleet.hub.events.put_events = measured_put  # type: ignore[method-assign]
    began, cpu = time.time(), cpu_seconds()
    announced = announce(document(codes), hub=fleet.hub)
    wall, cpu = time.time() - began, cpu_seconds() - cpu
    fleet.hub.events.put_events = put  # type: ignore[method-assign]
    _wait_for_rows(fleet, announced.change_id, codes)
    lines = fleet.lines(began)
    tracked = [line for line in invocations(lines) if line["function"] == "TrackStatus"]
    asking = time.time()
    statuses(fleet.hub.table, announced.change_id)
    read = time.time() - asking
    return {
        "cpu_ms": 1e3 * cpu,
        "wall_s": wall,
        "bytes": max(sizes),
        "tracker_calls": len(requests(lines)),
        "tracker_ms": 1e3 * sum(line["cpu"] for line in tracked),
        "tracker_s": max(line["ended"] - line["began"] for line in tracked),
        "status_s": read,
    }


def _wait_for_rows(fleet: Fleet, change_id: str, codes: Sequence[str]) -> None:
    """Wait until the tracker expects exactly these, and is at rest."""
    end = time.monotonic() + TRACKED_SECONDS
    while {row["customer"] for row in statuses(fleet.hub.table, change_id)} != set(codes):
        if time.monotonic() > end:
            raise SystemExit(f"{change_id}: no status row for each of {len(codes)} codes")
        time.sleep(0.5)
    fleet.rest()


def _reached(fleet: Fleet) -> set[str]:
    """Return the customers whose queue had a message, and empty the queues."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = threads.map(lambda each: _took_one(fleet.cloud, each), fleet.standing)
        return {each.code for each, got in zip(fleet.standing, found, strict=True) if got}


def _took_one(cloud: Cloud, each: CustomerStack) -> bool:
    sqs = cloud.session(each.account, REGION).client("sqs")
    url = next(u for u in sqs.list_queues()["QueueUrls"] if "AnnouncementsQueue" in u)
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bool(messages)


if __name__ == "__main__":
    main()
