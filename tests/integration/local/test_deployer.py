"""The embedded cloud's deployer: docs/policies/ is enough for a route, and reaches no further."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from changecast_cli.deploying.stacks import deploy_stack
from changecast_cli.failures import Failed
from changecast_cli.local.deployer import DEPLOYER, HUB_POLICIES, deployer
from changecast_local.cloud import Cloud
from tests.integration.local import stage

Account = Callable[[], stage.Account]
ROOT = Path(__file__).parents[3]
PARAMETERS = {
    "CustomerCode": "acme",
    "CustomerName": "Acme",
    "CustomerAccount": "222222222222",
    "CustomerRegion": stage.REGION,
}


@pytest.fixture
def hub(account: Account) -> stage.Account:
    here = account()
    here.client("events").create_event_bus(Name="changecast-hub")
    return here


def as_deployer(cloud: Cloud, hub: stage.Account) -> boto3.Session:
    keys = deployer(cloud, hub.number, HUB_POLICIES, stage.REGION)
    return cloud.session_of(keys)


def deploy_route(session: boto3.Session, **more: str) -> None:
    body = (ROOT / "hub" / "route.yaml").read_text("utf-8")
    deploy_stack(session, "changecast-route-acme", body, {**PARAMETERS, **more}, poll_seconds=0.02)


def test_the_documented_policies_are_enough_for_a_route(cloud: Cloud, hub: stage.Account) -> None:
    session = as_deployer(cloud, hub)
    deploy_route(session)
    deploy_route(session, CustomerName="Acme Industries")
    entry = hub.client("ssm").get_parameter(Name="/changecast/customers/acme")["Parameter"]
    assert json.loads(entry["Value"])["name"] == "Acme Industries"
    with pytest.raises(ClientError, match="AccessDenied"):
        session.client("s3").create_bucket(Bucket="orders")


def test_one_action_less_fails_the_route_and_names_it(cloud: Cloud, hub: stage.Account) -> None:
    session = as_deployer(cloud, hub)
    iam = hub.client("iam")
    arn = f"arn:aws:iam::{hub.number}:policy/deploy-route"
    text = (ROOT / "docs" / "policies" / "deploy-route.json").read_text("utf-8")
    less: Any = json.loads(text.replace('"cloudwatch:TagResource",', ""))
    iam.detach_role_policy(RoleName=DEPLOYER, PolicyArn=arn)
    iam.put_role_policy(RoleName=DEPLOYER, PolicyName="less", PolicyDocument=json.dumps(less))
    with pytest.raises(Failed, match=r"Alarm: .* cloudwatch:TagResource on"):
        deploy_route(session)


SHARED = """
Resources:
  StatusQueue:
    Type: AWS::SQS::Queue
  StatusDeadLetters:
    Type: AWS::SQS::Queue
Outputs:
  StatusQueueArn:
    Value: !GetAtt StatusQueue.Arn
    Export:
      Name: changecast-hub-status-queue
  StatusDeadLettersArn:
    Value: !GetAtt StatusDeadLetters.Arn
    Export:
      Name: changecast-hub-status-dead-letters
"""


def test_a_route_moves_to_a_further_bus_and_back_by_the_documented_policies(
    cloud: Cloud, hub: stage.Account
) -> None:
    """Its role, its dead letters and its registry entry stay; there are never two rules."""
    deploy_stack(hub, "shared", SHARED, {}, poll_seconds=0.02)
    session, events = as_deployer(cloud, hub), hub.client("events")
    body = (ROOT / "hub" / "bus.yaml").read_text("utf-8")
    parameters = {"BusName": "changecast-hub-2", "CustomerAccounts": "222222222222"}
    deploy_stack(session, "changecast-hub-2", body, parameters, poll_seconds=0.02)
    deploy_route(session)
    for bus, rule in (
        ("changecast-hub-2", "changecast-route-acme.2"),
        ("changecast-hub", "changecast-route-acme"),
    ):
        deploy_route(session, HubBus=bus, HubBusSince="2027-01-16T08:05:00Z")
        found = {
            each: [one["Name"] for one in events.list_rules(EventBusName=each)["Rules"]]
            for each in ("changecast-hub", "changecast-hub-2")
        }
        routes = {each: [n for n in names if "route" in n] for each, names in found.items()}
        assert routes.pop(bus) == [rule]
        assert [*routes.values()] == [[]]
        (target,) = events.list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
        assert target["RoleArn"].endswith(":role/changecast-route-acme")
        entry = hub.client("ssm").get_parameter(Name="/changecast/customers/acme")["Parameter"]
        registered = json.loads(entry["Value"])
        assert (registered["hub_bus"], registered["hub_bus_since"]) == (bus, "2027-01-16T08:05:00Z")
    tracked = events.list_targets_by_rule(
        Rule="changecast-track-reported", EventBusName="changecast-hub-2"
    )
    assert ":shared-StatusQueue" in tracked["Targets"][0]["Arn"]
