"""Which of the hub's buses a customer is put on, and what samconfig.toml says about it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError

from changecast_cli.customers.buses import (
    MOST_ROUTES,
    bus_with_room,
    most_routes_in,
    most_routes_of,
)
from changecast_cli.customers.deploy import lines_for
from changecast_cli.customers.move import _moved, _without_old
from changecast_cli.customers.samconfig_entries import add_all
from changecast_cli.deploying.samconfig_file import (
    accounts_in,
    buses_in,
    customers_in,
    hub_in,
    tables,
    without_customer,
)
from changecast_cli.failures import Refused
from changecast_cli.preview.brands import parameters_of

WRITTEN = (Path(__file__).parents[3] / "samconfig.toml").read_text("utf-8")
FIRST, SECOND, THIRD = "changecast-hub", "changecast-hub-2", "changecast-hub-3"
ARN = "arn:aws:events:eu-central-1:111111111111:event-bus/"


def rows(number: int) -> list[tuple[str, dict[str, str]]]:
    return [
        (
            f"f:{one}",
            {
                "code": f"new-{one}", "account": f"5{one:011d}", "region": "eu-west-1",
                "name": f"New {one}", "sender": f"changes@new-{one}.example", "timezone": "UTC",
            },
        )
        for one in range(number)
    ]  # fmt: skip


def moved(text: str, code: str, bus: str) -> str:
    hub = hub_in(text)
    assert hub is not None
    return _moved(text, customers_in(text)[code], hub, bus, datetime.now(UTC))


@pytest.mark.parametrize(
    ("routes", "bus"),
    [
        ({FIRST: 0}, FIRST),
        ({FIRST: 9}, FIRST),
        ({FIRST: 10}, SECOND),
        ({FIRST: 10, SECOND: 9}, SECOND),
        ({FIRST: 9, SECOND: 10}, FIRST),
        ({FIRST: 10, SECOND: 10}, THIRD),
        ({FIRST: 10, THIRD: 10}, SECOND),
    ],
)
def test_a_customer_goes_on_the_first_bus_with_room_and_else_on_a_new_one(
    routes: dict[str, int], bus: str
) -> None:
    assert bus_with_room(routes, 10) == bus


def test_a_hub_has_at_most_99_buses() -> None:
    full = {FIRST: 1} | {f"{FIRST}-{number}": 1 for number in range(2, 100)}
    with pytest.raises(Refused, match="99 buses"):
        bus_with_room(full, 1)


@pytest.mark.parametrize(
    ("region", "most"), [("eu-central-1", 250), ("eu-south-1", 90), ("af-south-1", 90)]
)
def test_where_no_account_is_asked_the_documented_quota_counts(region: str, most: int) -> None:
    assert most_routes_in(region) == most


class Quotas:
    """Service Quotas, which says a number of rules a bus or may not be asked."""

    def __init__(self, rules: int | None) -> None:
        self.rules = rules
        self.region_name = "eu-south-1"

    def client(self, _: str) -> "Quotas":
        return self

    def get_service_quota(self, **_: str) -> dict[str, Any]:
        if self.rules is None:
            error: Any = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
            raise ClientError(error, "GetServiceQuota")
        return {"Quota": {"Value": float(self.rules)}}


@pytest.mark.parametrize(
    ("rules", "most"), [(100, 90), (300, MOST_ROUTES), (2_000, MOST_ROUTES), (None, 90)]
)
def test_a_bus_takes_what_the_quotas_of_the_account_allow(rules: int | None, most: int) -> None:
    assert most_routes_of(cast(boto3.Session, Quotas(rules))) == most


def test_while_one_bus_has_room_nothing_tells_of_buses() -> None:
    added = add_all(WRITTEN, rows(3), most_routes=6)
    assert "HubBus=" not in added.text
    assert "hub_2" not in added.text
    assert len(accounts_in(added.text)) == 6


def test_customers_beyond_the_room_of_a_bus_go_on_new_ones() -> None:
    added = add_all(WRITTEN, rows(5), most_routes=4)
    found = {code: each.hub_bus for code, each in customers_in(added.text).items()}
    assert [found[code] for code in ("acme", "globex", "initech")] == [FIRST] * 3
    assert [found[f"new-{one}"] for one in range(5)] == [FIRST, *[SECOND] * 4]
    assert {bus: len(accounts) for bus, accounts in buses_in(added.text).items()} == {
        FIRST: 4,
        SECOND: 4,
    }
    environments = tables(added.text)
    assert parameters_of(environments["hub_2"])["BusName"] == SECOND
    assert environments["hub_2"]["deploy"]["parameters"]["template_file"] == "hub/bus.yaml"
    assert parameters_of(environments["new-1-route"])["HubBus"] == SECOND
    assert parameters_of(environments["new-1"])["HubBusArn"] == ARN + SECOND
    more = add_all(added.text, rows(6), most_routes=4)
    assert customers_in(more.text)["new-5"].hub_bus == THIRD


def test_ten_thousand_customers_are_on_forty_buses_and_every_parameter_takes_its_accounts() -> None:
    routes = {FIRST: 0}
    for _ in range(10_000):
        bus = bus_with_room(routes, MOST_ROUTES)
        routes[bus] = routes.get(bus, 0) + 1
    assert len(routes) == 40
    # CloudFormation's parameter, and the bus's policy with each account's ARN and our statement.
    assert max(routes.values()) * len("222222222222,") <= 4_096
    assert max(routes.values()) * len('"arn:aws:iam::222222222222:root",') + 800 <= 10_240


def test_who_leaves_is_taken_off_its_bus() -> None:
    text = add_all(WRITTEN, rows(5), most_routes=4).text
    left = without_customer(text, "new-2")
    assert "500000000002" not in left
    assert len(buses_in(left)[SECOND]) == 3


def test_what_to_type_deploys_the_buses_of_the_customers() -> None:
    added = add_all(WRITTEN, rows(3), most_routes=4)
    assert lines_for(added.customers)[:2] == [
        "sam build --config-env hub && sam deploy --config-env hub",
        "sam deploy --config-env hub_2",
    ]
    assert "sam deploy --config-env hub_2" not in lines_for(added.customers[:1])


def test_while_a_customer_moves_both_buses_accept_its_reports() -> None:
    text = moved(WRITTEN, "acme", SECOND)
    assert {bus for bus, accounts in buses_in(text).items() if "222222222222" in accounts} == {
        FIRST,
        SECOND,
    }
    assert customers_in(text)["acme"].hub_bus == SECOND
    assert parameters_of(tables(text)["acme"])["HubBusArn"] == ARN + SECOND
    assert moved(text, "acme", SECOND) == text

    after = _without_old(text, "222222222222", SECOND)
    assert accounts_in(after) == ["333333333333", "444444444444"]
    assert accounts_in(after, SECOND) == ["222222222222"]
    assert _without_old(after, "222222222222", SECOND) == after


def test_a_customer_can_move_back_to_the_first_bus() -> None:
    away = _without_old(moved(WRITTEN, "acme", SECOND), "222222222222", SECOND)
    back = _without_old(moved(away, "acme", FIRST), "222222222222", FIRST)
    assert customers_in(back)["acme"].hub_bus == FIRST
    assert buses_in(back) == {
        FIRST: ["333333333333", "444444444444", "222222222222"],
        SECOND: [],
    }
