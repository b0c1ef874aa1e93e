"""Whether a customer's bus would refuse a replay: the cause and its repair come first."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast.hub.registry import Customer
from changecast_cli import customer_access
from changecast_cli.customer_access import NO_OPTIONS, CustomerAccount, Keys
from changecast_cli.doctor.stack import expected_bus_policy
from changecast_cli.failures import Refused
from changecast_cli.repair import causes
from changecast_cli.repair.causes import bus_causes, bus_words
from tests.unit.cli.test_doctor_verdicts import Aws

HUB, BUS = "111111111111", "arn:aws:events:eu-central-1:222222222222:event-bus/changecast"
OF_THE_ROUTE = expected_bus_policy(HUB, "acme")
OF_ANOTHER = expected_bus_policy(HUB, "acme2")
GONE = ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "DescribeEventBus")
DENIED = ClientError({"Error": {"Code": "AccessDeniedException"}}, "DescribeEventBus")


def _said(monkeypatch: pytest.MonkeyPatch, answer: object) -> list[str]:
    customer = Customer("acme", "222222222222", "eu-central-1", BUS, "Acme")
    aws: Any = Aws(describe_event_bus=answer)
    entered = CustomerAccount(customer, aws, "a test", {}, {"HubAccount": HUB})
    monkeypatch.setattr(causes, "enter", lambda *_: entered)
    return [*bus_words(bus_causes(aws, ["acme"]))]


def _policy(*statements: object) -> dict[str, str]:
    return {"Arn": BUS, "Policy": json.dumps({"Statement": statements})}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"Arn": BUS}, "the bus accepts no events"),
        (_policy(OF_ANOTHER), "differs from the template"),
        (GONE, "the bus changecast does not exist"),
    ],
)
def test_a_bus_that_refuses_the_route_is_named_with_its_repair(
    monkeypatch: pytest.MonkeyPatch, answer: object, why: str
) -> None:
    (said,) = _said(monkeypatch, answer)
    assert said == (
        f"announcements cannot reach acme: {why}. Repair it first: changecast repair acme"
    )


@pytest.mark.parametrize(
    "answer", [_policy(OF_THE_ROUTE), _policy(OF_THE_ROUTE, OF_ANOTHER), DENIED]
)
def test_a_bus_that_accepts_the_route_or_cannot_be_read_stops_no_replay(
    monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    assert _said(monkeypatch, answer) == []


def test_an_account_that_is_closed_to_us_is_named_and_stops_no_replay(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def closed(*_: object) -> CustomerAccount:
        raise Refused("there is no AWS profile changecast-acme")

    monkeypatch.setattr(causes, "enter", closed)
    assert bus_causes(Aws(), ["acme"]) == {}  # type: ignore[arg-type]
    said = " ".join(capsys.readouterr().err.split())
    assert "cannot check whether acme's bus accepts events: there is no AWS profile" in said


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (NO_OPTIONS, "add that profile to your AWS configuration, or OperatorExternalId to [acme]"),
        (Keys(None, None), "use --customer-profile, or --external-id"),
    ],
)
def test_a_verb_names_its_own_options_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, keys: Keys, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    customer = Customer("acme", "222222222222", "eu-central-1", BUS, "Acme")
    monkeypatch.setattr(customer_access, "find_customer", lambda *_: customer)
    with pytest.raises(Refused) as refused:
        customer_access.enter(Aws(), "acme", keys)  # type: ignore[arg-type]
    assert said in str(refused.value)
    assert ("--customer-profile" in str(refused.value)) is keys.by_option
