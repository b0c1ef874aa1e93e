"""A function may call exactly what its code can call: no right is missing, none is left over."""

from collections.abc import Iterator
from typing import Any

import pytest

from testbed.expand import expanded
from tests.contract.templates.calls import reachable

# Rights that Lambda, S3 and X-Ray need on the function's behalf, without a call in our code.
RUNTIME = {
    "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "logs:CreateLogStream",
    "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords", "s3:ListBucket",
    # The calls name a version where the bucket has some.
    "s3:ListBucketVersions", "s3:GetObjectVersion", "s3:DeleteObjectVersion",
    # Each service uses a key in the name of its caller.
    "kms:Decrypt", "kms:GenerateDataKey",
}  # fmt: skip
# SES asks for both rights where a mail is raw MIME.
ALSO = {"ses:SendEmail": "ses:SendRawEmail"}

# Named in the code that a function reaches, but never called there, and why.
NEVER = {
    # It moves named recipients (a batch without version), which are read by their keys.
    "record_outcome": {"dynamodb:Query"},
}


def _functions() -> Iterator[Any]:
    for path in ("template.yaml", "hub/template.yaml"):
        resources = expanded(path)["Resources"]
        for name, resource in resources.items():
            if resource["Type"] == "AWS::Lambda::Function":
                properties = resource["Properties"]
                role = resources[properties["Role"]["Fn::GetAtt"][0]]["Properties"]
                yield pytest.param(properties["Handler"], role, id=name)


@pytest.mark.parametrize(("handler", "role"), [*_functions()])
def test_a_role_grants_what_the_code_calls(handler: str, role: dict[str, Any]) -> None:
    name = handler.removesuffix(".handler")
    called = reachable(name) - NEVER.get(name, set())
    wanted = called | {ALSO[action] for action in called if action in ALSO}

    assert _granted(role) - RUNTIME == wanted


def _granted(role: dict[str, Any]) -> set[str]:
    actions: set[str] = set()
    for either in role["Policies"]:
        policy = either["Fn::If"][1] if "Fn::If" in either else either
        for statement in policy["PolicyDocument"]["Statement"]:
            named = statement["Action"]
            actions.update([named] if isinstance(named, str) else named)
    return actions
