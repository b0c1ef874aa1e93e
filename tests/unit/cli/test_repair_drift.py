"""What a drift-aware change set says is told, and nothing that holds data is ever lost by it."""

from typing import Any

import pytest

from changecast_cli.failures import Failed, Refused
from changecast_cli.repair import drift

NOTHING = "The submitted information didn't contain changes. Submit different information."


class CloudFormation:
    """A stack whose change set has this answer; keeps what was asked of it."""

    def __init__(self, answer: dict[str, Any], then: str = "UPDATE_COMPLETE") -> None:
        self.answer, self.then = answer, then
        self.asked: list[str] = []
        self.request: dict[str, Any] = {}

    def client(self, _: str) -> "CloudFormation":
        return self

    def describe_stacks(self, **_: Any) -> Any:
        parameters = [{"ParameterKey": "CustomerCode", "ParameterValue": "acme"}]
        return {"Stacks": [{"StackStatus": self.then, "Parameters": parameters}]}

    def create_change_set(self, **request: Any) -> None:
        self.request = request

    def describe_change_set(self, **_: Any) -> Any:
        return {"Status": "CREATE_COMPLETE", "Changes": [], **self.answer}

    def execute_change_set(self, **_: Any) -> None:
        self.asked.append("execute")

    def delete_change_set(self, **_: Any) -> None:
        self.asked.append("delete")

    def get_paginator(self, _: str) -> "CloudFormation":
        return self

    def paginate(self, **_: Any) -> Any:
        event = {"StackId": "s", "LogicalResourceId": "Role", "ResourceStatus": "UPDATE_FAILED",
                 "ResourceStatusReason": "AccessDenied"}  # fmt: skip
        return [{"StackEvents": [event]}]


def change(action: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"ResourceChange": {"Action": action, "LogicalResourceId": "It", "ResourceType": kind,
                               **more}}  # fmt: skip


def compared(*changes: dict[str, Any]) -> tuple[CloudFormation, list[str]]:
    aws = CloudFormation({"Changes": list(changes)})
    return aws, [*drift.compare(aws, "changecast").lines()]  # type: ignore[arg-type]


def test_the_deployed_template_and_parameters_are_compared_with_what_is_there() -> None:
    aws, _ = compared()
    assert aws.request["DeploymentMode"] == "REVERT_DRIFT"
    assert aws.request["UsePreviousTemplate"] is True
    assert aws.request["Parameters"] == [{"ParameterKey": "CustomerCode", "UsePreviousValue": True}]


def test_what_would_be_done_is_said_for_each_resource() -> None:
    details = [{"Target": {"Attribute": "Properties", "Name": "Targets"}}]
    _, lines = compared(
        change("Add", "AWS::SES::EmailIdentity"),
        change(
            "Modify",
            "AWS::Events::Rule",
            Replacement="False",
            Details=details,
            PhysicalResourceId="changecast-route-acme",
        ),
        change("SyncWithActual", "AWS::SQS::Queue"),
    )
    assert lines == [
        "AWS::SES::EmailIdentity It: deleted -> recreated",
        "AWS::Events::Rule changecast-route-acme: differs in Targets -> as in the template",
    ]


@pytest.mark.parametrize("kind", sorted(drift.HOLDS_DATA))
@pytest.mark.parametrize("replacement", ["True", "Conditional"])
def test_what_holds_data_is_not_replaced(kind: str, replacement: str) -> None:
    with pytest.raises(Refused, match="Nothing was changed"):
        compared(change("Modify", kind, Replacement=replacement))


def test_nothing_is_removed() -> None:
    with pytest.raises(Refused, match="revert It"):
        compared(change("Remove", "AWS::IAM::Role"))


def test_a_stack_without_drift_needs_nothing() -> None:
    aws = CloudFormation({"Status": "FAILED", "StatusReason": NOTHING})
    assert not drift.compare(aws, "changecast").changes  # type: ignore[arg-type]


def test_a_comparison_that_fails_says_why() -> None:
    aws = CloudFormation({"Status": "FAILED", "StatusReason": "no rights"})
    with pytest.raises(Failed, match="no rights"):
        drift.compare(aws, "changecast")  # type: ignore[arg-type]


def test_a_repair_that_is_rolled_back_says_what_failed() -> None:
    aws = CloudFormation({"Changes": [change("Add", "AWS::IAM::Role")]}, "UPDATE_ROLLBACK_COMPLETE")
    made = drift.compare(aws, "changecast")  # type: ignore[arg-type]
    with pytest.raises(Failed, match="UPDATE_ROLLBACK_COMPLETE: Role: AccessDenied"):
        drift.execute(made)
