"""Rules: what they deliver to, what they may not, and what their dead-letter queues keep."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.local import stage
from tests.integration.local.test_buses import ANY, bus_arn, bus_with_queue, only_event, set_policy

Account = Callable[[], stage.Account]
TRACE = "Root=1-6b05f61e-ee43369fd4bd9fc70a7b1f99;Parent=5abd3fddb945935d;Sampled=1"


class Route:
    """A rule of one account that forwards everything on its bus to a bus of another."""

    def __init__(self, account: Account, *, role_may: bool = True, bus: str = "bus") -> None:
        self.hub, self.customer = account(), account()
        self.seen = bus_with_queue(self.customer)
        self.target = bus_arn(self.customer, bus)
        self.hub.client("events").create_event_bus(Name="hub")
        self.role = stage.make_role(
            self.hub,
            "route",
            stage.allow("events:PutEvents", self.target if role_may else self.target + "-other"),
        )
        self.dead_letters, dead_arn = stage.make_queue(self.hub, "dead")
        target = {
            "Arn": self.target,
            "RoleArn": self.role,
            "DeadLetterConfig": {"Arn": dead_arn},
        }
        self.rule = stage.make_rule(self.hub, "route", ANY, target, "hub")

    def let_in(self, **condition: Any) -> None:
        """The customer's bus lets the hub's account in, under this condition."""
        principal = {"AWS": f"arn:aws:iam::{stage.number_of(self.hub)}:root"}
        statement = stage.allow("events:PutEvents", self.target, **condition)
        set_policy(self.customer, "bus", statement | {"Principal": principal})

    def dead_letter(self) -> dict[str, str]:
        """The attributes of the one dead letter, without those that AWS adds to retries."""
        (message,) = stage.received(self.hub, self.dead_letters)
        return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


def test_a_route_carries_an_event_across_under_a_new_id_and_the_putters_account(
    account: Account,
) -> None:
    route = Route(account)
    route.let_in()
    answer = stage.put(route.hub, "hub", {"a": 1})
    event = only_event(route.customer, route.seen)
    assert event["id"] != answer["Entries"][0]["EventId"]
    assert event["account"] == stage.number_of(route.hub)
    assert event["detail"] == {"a": 1}
    assert stage.received(route.hub, route.dead_letters) == []


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::{hub}:role/route"}},
        {"StringEquals": {"aws:PrincipalAccount": "{hub}"}},
        {"Bool": {"events:eventBusInvocation": "true"}},
        {"StringEquals": {"aws:SourceAccount": "{hub}"}},
        {"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-central-1:{hub}:rule/hub/route"}},
        {"ForAllValues:StringEquals": {"events:source": "test", "events:detail-type": "Tested"}},
    ],
)
def test_a_bus_policy_may_ask_who_forwards_and_what(
    account: Account, condition: dict[str, Any]
) -> None:
    route = Route(account)
    filled = json.dumps(condition).replace("{hub}", stage.number_of(route.hub))
    route.let_in(**json.loads(filled))
    stage.put(route.hub, "hub", {})
    assert only_event(route.customer, route.seen)["source"] == "test"


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::{hub}:role/other"}},
        {"StringEquals": {"aws:PrincipalAccount": "111111111111"}},
        {"Bool": {"events:eventBusInvocation": "false"}},
        {"StringEquals": {"aws:SourceAccount": "111111111111"}},
        {"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-central-1:{hub}:rule/hub/other"}},
        {"ForAllValues:StringEquals": {"events:source": "other"}},
    ],
)
def test_what_a_bus_policy_does_not_let_in_is_a_dead_letter_at_once(
    account: Account, condition: dict[str, Any]
) -> None:
    route = Route(account)
    filled = json.dumps(condition).replace("{hub}", stage.number_of(route.hub))
    route.let_in(**json.loads(filled))
    answer = stage.put(route.hub, "hub", {})
    assert answer["FailedEntryCount"] == 0, "the putter hears nothing of it"
    assert stage.received(route.customer, route.seen) == []
    letter = route.dead_letter()
    assert letter.pop("ERROR_MESSAGE")
    assert letter == {
        "RULE_ARN": route.rule,
        "TARGET_ARN": route.target,
        "ERROR_CODE": "NO_PERMISSIONS",
    }


def test_a_dead_letter_is_the_event_as_it_was_without_its_trace(account: Account) -> None:
    route = Route(account)
    answer = stage.put(route.hub, "hub", {"a": 1}, TraceHeader=TRACE)
    (message,) = stage.received(route.hub, route.dead_letters)
    event = json.loads(message["Body"])
    assert (event["id"], event["detail"]) == (answer["Entries"][0]["EventId"], {"a": 1})
    assert TRACE not in json.dumps(message)
    assert "AWSTraceHeader" not in message["Attributes"]


def test_the_rules_role_must_be_allowed_that_very_bus(account: Account) -> None:
    route = Route(account, role_may=False)
    route.let_in()
    stage.put(route.hub, "hub", {})
    assert stage.received(route.customer, route.seen) == []
    assert route.dead_letter()["ERROR_CODE"] == "NO_PERMISSIONS"


def test_a_role_that_does_not_trust_eventbridge_forwards_nothing(account: Account) -> None:
    route = Route(account)
    route.let_in()
    only_lambda = stage.trust(["lambda.amazonaws.com"])
    iam = route.hub.client("iam")
    iam.update_assume_role_policy(RoleName="route", PolicyDocument=only_lambda)
    stage.put(route.hub, "hub", {})
    assert stage.received(route.customer, route.seen) == []
    assert route.dead_letter()["ERROR_CODE"] == "FAILED_TO_ASSUME_ROLE"


def test_a_bus_that_is_gone_is_a_dead_letter(account: Account) -> None:
    route = Route(account)
    route.let_in()
    route.customer.client("events").remove_targets(Rule="all", EventBusName="bus", Ids=["one"])
    route.customer.client("events").delete_rule(Name="all", EventBusName="bus")
    route.customer.client("events").delete_event_bus(Name="bus")
    stage.put(route.hub, "hub", {})
    assert route.dead_letter()["ERROR_CODE"] in {"NO_RESOURCE", "NO_PERMISSIONS"}


def test_an_event_makes_one_hop_and_no_second(account: Account) -> None:
    route, third = Route(account), account()
    route.let_in()
    last = bus_with_queue(third)
    everybody = stage.allow("events:PutEvents", bus_arn(third, "bus")) | {"Principal": "*"}
    set_policy(third, "bus", everybody)
    role = stage.make_role(route.customer, "on", stage.allow("events:PutEvents", "*"))
    dead, dead_arn = stage.make_queue(route.customer, "dead")
    onwards = {
        "Arn": bus_arn(third, "bus"),
        "RoleArn": role,
        "DeadLetterConfig": {"Arn": dead_arn},
    }
    stage.make_rule(route.customer, "onwards", ANY, onwards, "bus")
    stage.put(route.hub, "hub", {})
    assert only_event(route.customer, route.seen)["source"] == "test"
    assert stage.received(third, last) == []
    (letter,) = stage.received(route.customer, dead)
    code = letter["MessageAttributes"]["ERROR_CODE"]["StringValue"]
    assert code == "THIRD_ACCOUNT_HOP_DETECTED"


def test_the_trace_header_reaches_the_queue_across_accounts_and_not_the_body(
    account: Account,
) -> None:
    route = Route(account)
    route.let_in()
    stage.put(route.hub, "hub", {}, TraceHeader=TRACE)
    (message,) = stage.received(route.customer, route.seen)
    assert message["Attributes"]["AWSTraceHeader"] == TRACE
    assert TRACE not in message["Body"]


def test_without_a_trace_header_a_message_has_none(account: Account) -> None:
    here = account()
    url = bus_with_queue(here)
    stage.put(here, "bus", {})
    (message,) = stage.received(here, url)
    assert "AWSTraceHeader" not in message["Attributes"]


@pytest.mark.parametrize(
    ("condition", "arrives"),
    [
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-central-1:{me}:rule/bus/all"}}, True),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-central-1:{me}:rule/bus/no"}}, False),
        ({"StringEquals": {"aws:SourceAccount": "{me}"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "111111111111"}}, False),
    ],
)
def test_a_queue_takes_only_what_its_policy_lets_the_rule_send(
    account: Account, condition: dict[str, Any], arrives: bool
) -> None:
    here = account()
    url = bus_with_queue(here)
    filled = json.loads(json.dumps(condition).replace("{me}", stage.number_of(here)))
    arn = f"arn:aws:sqs:{stage.REGION}:{stage.number_of(here)}:bus-seen"
    stage.let_service_send(here, "events", url, arn, **filled)
    stage.put(here, "bus", {})
    assert len(stage.received(here, url)) == arrives


def test_a_dead_letter_queue_without_a_policy_for_the_rule_gets_nothing(account: Account) -> None:
    route = Route(account)
    arn = f"arn:aws:sqs:{stage.REGION}:{stage.number_of(route.hub)}:dead"
    other = {"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-central-1:1:rule/hub/other"}}
    stage.let_service_send(route.hub, "events", route.dead_letters, arn, **other)
    stage.put(route.hub, "hub", {})
    assert stage.received(route.hub, route.dead_letters) == []


def test_an_event_too_large_for_its_queue_is_not_delivered(account: Account) -> None:
    here = account()
    url = bus_with_queue(here)
    stage.put(here, "bus", {"x": "y" * (1024 * 1024 - 60)})
    assert stage.received(here, url) == []


def test_a_function_is_invoked_only_by_a_rule_that_its_policy_names(account: Account) -> None:
    here = account()
    url, _ = stage.make_queue(here, "told")
    role = stage.make_role(here, "told", stage.allow("sqs:SendMessage", "*"))
    source = stage.BORROWED + TELL
    arn = stage.make_function(here, "tell", source, role, Variables={"QUEUE": url})
    here.client("events").create_event_bus(Name="bus")
    refused = stage.make_rule(here, "refused", ANY, {"Arn": arn}, "bus")
    allowed = stage.make_rule(here, "allowed", ANY, {"Arn": arn}, "bus")
    assert refused != allowed
    here.client("lambda").add_permission(
        FunctionName="tell",
        StatementId="one",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=allowed,
    )
    stage.put(here, "bus", {"a": 1})
    (told,) = stage.eventually(lambda: stage.received(here, url, wait=1))
    assert json.loads(told["Body"])["detail"] == {"a": 1}
    assert stage.received(here, url, wait=1) == []


TELL = """
import json, boto3
sqs = boto3.client("sqs")
def handler(event, context):
    sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event))
"""
