"""Deploying one stack through the API: created, changed, unchanged, or refused with a reason."""

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


def test_the_reason_is_that_of_the_last_operation_however_many_events_there_are(
    account: Account,
) -> None:
    here = account()
    queues = {f"Queue{n}": {"Type": "AWS::SQS::Queue"} for n in range(40)}
    broken = {
        "Type": "AWS::Events::EventBusPolicy",
        "DependsOn": list(queues),
        "Properties": {"EventBusName": "first", "StatementId": "one", "Statement": {}},
    }
    for bus in ("first", "second"):
        broken["Properties"]["EventBusName"] = bus  # type: ignore[index]
        body = json.dumps({"Resources": {**queues, "It": broken}})
        if bus == "first":
            deploy_stack(here, "one", json.dumps({"Resources": queues}), {}, poll_seconds=0.02)
        with pytest.raises(Failed, match=rf"stack one: It: .*{bus}"):
            deploy_stack(here, "one", body, {}, poll_seconds=0.02)


def test_a_secret_is_named_by_its_arn(account: Account) -> None:
    """A policy's `Ref` must have the form in which the secret is requested."""
    here = account()
    secret = {
        "Type": "AWS::SecretsManager::Secret",
        "Properties": {
            "Description": {"Ref": "Value"},
            "GenerateSecretString": {"PasswordLength": 64},
        },
    }
    body = template(secret, Ref={"Ref": "It"})
    arn = deploy(here, body)["Ref"]
    secrets = here.client("secretsmanager")
    assert secrets.describe_secret(SecretId=arn)["ARN"] == arn
    kept = secrets.get_secret_value(SecretId=arn)["SecretString"]

    assert deploy(here, body, Value="two")["Ref"] == arn
    assert secrets.describe_secret(SecretId=arn)["Description"] == "two"
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == kept

    here.client("cloudformation").delete_stack(StackName="one")
    assert secrets.list_secrets()["SecretList"] == []
