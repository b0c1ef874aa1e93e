"""Deploying one stack through the API: made, changed, left alone, or refused with the reason."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from changecast_cli.deploying.stacks import deploy_stack
from changecast_cli.failures import Failed
from tests.integration.local import stage

Account = Callable[[], stage.Account]


def template(resource: dict[str, Any], **outputs: Any) -> str:
    document = {
        "Parameters": {"Value": {"Type": "String", "Default": "one"}},
        "Resources": {"It": resource},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    return json.dumps(document)


PARAMETER = template(
    {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/it", "Type": "String", "Value": {"Ref": "Value"}},
    },
    Name={"Ref": "It"},
)


def deploy(here: stage.Account, body: str, **parameters: str) -> dict[str, str]:
    return deploy_stack(here, "one", body, parameters, poll_seconds=0.02)


def value(here: stage.Account) -> str:
    return str(here.client("ssm").get_parameter(Name="/it")["Parameter"]["Value"])


def test_a_stack_is_made_and_changed_and_tells_its_outputs(account: Account) -> None:
    here = account()
    assert deploy(here, PARAMETER) == {"Name": "/it"}
    assert value(here) == "one"
    assert deploy(here, PARAMETER, Value="two") == {"Name": "/it"}
    assert value(here) == "two"


def test_nothing_to_change_is_no_failure(account: Account) -> None:
    here = account()
    deploy(here, PARAMETER)
    assert deploy(here, PARAMETER) == {"Name": "/it"}


def test_what_cannot_be_made_fails_with_cloudformations_reason(account: Account) -> None:
    here = account()
    policy = {
        "Type": "AWS::Events::EventBusPolicy",
        "Properties": {"EventBusName": "nowhere", "StatementId": "one", "Statement": {}},
    }
    with pytest.raises(Failed, match=r"stack one: It: .*nowhere"):
        deploy(here, template(policy))
