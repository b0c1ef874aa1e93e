"""The hub's buses: their capacity, and the bus for a new customer."""

from collections.abc import Mapping

import boto3
from botocore.exceptions import ClientError

from changecast.hub.registry import DEFAULT_HUB_BUS
from changecast_cli.doctor.limits import most_rules
from changecast_cli.failures import Refused

# A bus's policy needs 33 characters for each account, of at most 10,240.
MOST_ROUTES = 250
# Rules of a bus that are not routes: two of ours, and those of the change system.
OTHER_RULES = 10
# Regions without their own number have RULES:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
RULES, FEWER_RULES = 300, {"af-south-1": 100, "eu-south-1": 100}
MOST_BUSES = 99


def bus_with_room(routes: Mapping[str, int], most: int) -> str:
    """Return the first bus with fewer routes than `most`, or the name of the next bus.

    Args:
        routes: Number of routes of each bus, the first bus first.
        most: Maximum number of routes of a bus.

    Raises:
        Refused: All buses that a hub can have are full.
    """
    further = (f"{DEFAULT_HUB_BUS}-{number}" for number in range(2, MOST_BUSES + 1))
    for bus in (*routes, *further):
        if routes.get(bus, 0) < most:
            return bus
    raise Refused(f"all {MOST_BUSES} buses of the hub are full: see docs/scaling.md")


def most_routes_in(region: str) -> int:
    """Return how many routes a bus can have in a Region, by AWS's documentation."""
    return _routes(FEWER_RULES.get(region, RULES))


def most_routes_of(hub: boto3.Session) -> int:
    """Return how many routes a bus can have by the hub account's quotas, if we may read them."""
    try:
        return _routes(most_rules(hub.client("service-quotas")))
    except ClientError:
        return most_routes_in(hub.region_name or "")


def _routes(rules: int) -> int:
    return min(MOST_ROUTES, rules - OTHER_RULES)
