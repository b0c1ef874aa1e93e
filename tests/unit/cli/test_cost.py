"""A month's bill: what grows with what, and where its prices are from."""

import pytest

from changecast_cli.cost.command import (
    MAIL_OF,
    PER_BUS,
    PER_CUSTOMER,
    PER_HUB,
    PER_MAIL,
    PER_RUN,
    SesPlan,
    bill,
)
from changecast_cli.cost.prices import PRICES
from testbed.expand import TEMPLATES, expanded


def dollars(customers: int, changes: int, contacts: int) -> dict[str, float]:
    return {line.what: line.dollars for line in bill(customers, changes, contacts)}


def test_ses_costs_ten_cents_for_a_thousand_mails() -> None:
    assert dollars(1, 1, 500)["ses_mail"] == pytest.approx(0.10)


def test_a_plan_of_ses_has_another_price_for_the_same_mails() -> None:
    lines = {line.what: line for line in bill(1, 1, 500, ses_plan=SesPlan.ESSENTIALS)}
    assert lines["ses_mail_essentials"].dollars == pytest.approx(0.16)
    assert "ses_mail" not in lines


def test_the_alarms_are_the_templates() -> None:
    own, hub, route, bus = (alarms(path) for path in TEMPLATES)
    assert PER_CUSTOMER["alarm"] == own + route
    assert PER_HUB["alarm"] == hub
    assert PER_BUS["alarm"] == bus


OPTIONAL = {"HasCanary", "HasChannels", "HasResponses"}


def alarms(path: str) -> int:
    """Those that are always there."""
    found = expanded(path)["Resources"].values()
    return sum(
        resource["Type"] == "AWS::CloudWatch::Alarm" and resource.get("Condition") not in OPTIONAL
        for resource in found
    )


def test_mails_grow_with_people_and_a_quiet_month_still_costs() -> None:
    assert dollars(30, 100, 100)["ses_mail"] == pytest.approx(2 * dollars(30, 100, 50)["ses_mail"])
    quiet = dollars(30, 0, 0)
    assert "ses_mail" not in quiet
    assert sum(quiet.values()) > 0


def test_cost_per_customer_is_flat() -> None:
    ten, hundred = (sum(dollars(n, 50, 50).values()) / n for n in (10, 100))
    assert hundred <= ten <= hundred * 1.5


def test_a_further_bus_costs_its_alarms() -> None:
    assert dollars(250, 0, 0)["alarm"] == pytest.approx(0.10 * (250 * 16 + 6))
    assert dollars(251, 0, 0)["alarm"] == pytest.approx(0.10 * (251 * 16 + 6 + 2))


def test_every_use_has_a_price_with_its_page() -> None:
    for use in (PER_MAIL, PER_RUN, PER_CUSTOMER, PER_HUB, PER_BUS, *MAIL_OF.values()):
        assert set(use) <= set(PRICES)
    assert all(price.seen for price in PRICES.values())
    assert all(price.source.startswith("https://aws.amazon.com/") for price in PRICES.values())
