"""Replaying the hub's archive to some customers' routes only.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_StartReplay.html
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from changecast.hub.registry import Customer
from changecast.hub.routes import rule_name
from changecast_cli.deploying.samconfig_file import deployment_of
from changecast_cli.failures import Failed, Refused

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

ENDED = frozenset({"COMPLETED", "CANCELLED", "FAILED"})
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Replay:
    """One replay of one hub bus: from its archive, through these rules only."""

    name: str
    archive_arn: str
    bus_arn: str
    rules: tuple[str, ...]


def replays_for(events: "EventBridgeClient", customers: Iterable[Customer]) -> list[Replay]:
    """Return a replay for each hub bus with a route of these customers; Refused if one lacks."""
    by_bus: dict[str, list[Customer]] = {}
    for customer in customers:
        by_bus.setdefault(customer.hub_bus, []).append(customer)
    return [_replay(events, bus, of_bus) for bus, of_bus in by_bus.items()]


def _replay(events: "EventBridgeClient", bus: str, customers: list[Customer]) -> Replay:
    bus_arn = events.describe_event_bus(Name=bus)["Arn"]
    archives = events.list_archives(EventSourceArn=bus_arn)["Archives"]
    if not archives:
        raise Refused(f"the bus {bus} has no archive. Deploy its stack: {deployment_of(bus)}")
    archive = events.describe_archive(ArchiveName=archives[0]["ArchiveName"])["ArchiveArn"]
    rules = tuple(_rule(events, customer) for customer in customers)
    who = customers[0].code if len(customers) == 1 else "all"
    return Replay(f"changecast-{who}-{secrets.token_hex(4)}", archive, bus_arn, rules)


def _rule(events: "EventBridgeClient", customer: Customer) -> str:
    code, bus = customer.code, customer.hub_bus
    try:
        return events.describe_rule(Name=rule_name(customer), EventBusName=bus)["Arn"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise Refused(
            f"{code} has no route on {bus}: deploy it (sam deploy --config-env {code}-route)"
        ) from error


def start(events: "EventBridgeClient", replay: Replay, begin: datetime, end: datetime) -> None:
    """Start the replay, which AWS then runs. The times are when the events were put."""
    events.start_replay(
        ReplayName=replay.name,
        Description="changecast replay",
        EventSourceArn=replay.archive_arn,
        EventStartTime=begin,
        EventEndTime=end,
        Destination={"Arn": replay.bus_arn, "FilterArns": list(replay.rules)},
    )


def progress(
    events: "EventBridgeClient",
    replay: Replay,
    seconds: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[str]:
    """Yield its state until it has ended or the time is over; Failed if it failed."""
    until = clock() + seconds
    while True:
        answer = events.describe_replay(ReplayName=replay.name)
        yield answer["State"]
        if answer["State"] in {"FAILED", "CANCELLED"}:
            why = answer.get("StateReason", "no reason given")
            raise Failed(
                f"replay {replay.name} {answer['State'].lower()}: {why}. Run the same command "
                "again: it starts a new replay"
            )
        if answer["State"] in ENDED or clock() >= until:
            return
        sleep(POLL_SECONDS)
