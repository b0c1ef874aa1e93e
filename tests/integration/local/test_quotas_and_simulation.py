"""The doctor's questions about quotas and rights: the embedded cloud answers as AWS does."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from changecast_local.cloud import Cloud
from tests.integration.local import stage

Account = Callable[[], stage.Account]
RULES = {"ServiceCode": "events", "QuotaCode": "L-244521F2"}
ADDRESS = "changes@acme.example"


def test_the_rules_of_a_bus_have_a_quota_and_a_default(cloud: Cloud, account: Account) -> None:
    here = account()
    quotas = here.client("service-quotas")
    assert quotas.get_service_quota(**RULES)["Quota"]["Value"] == 300
    cloud.add_fault(here.number, "limits", rules_per_bus=100)
    assert quotas.get_service_quota(**RULES)["Quota"]["Value"] == 100
    assert quotas.get_aws_default_service_quota(**RULES)["Quota"]["Value"] == 300
    cloud.clear_faults(here.number)
    with pytest.raises(quotas.exceptions.NoSuchResourceException):
        quotas.get_service_quota(ServiceCode="events", QuotaCode="L-0")


@pytest.mark.parametrize(
    ("sends_from", "decision"), [(ADDRESS, "allowed"), ("other@acme.example", "implicitDeny")]
)
def test_a_simulation_looks_at_the_conditions(
    account: Account, sends_from: str, decision: str
) -> None:
    here = account()
    iam: Any = here.client("iam")
    may = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*",
           "Condition": {"StringEquals": {"ses:FromAddress": ADDRESS}}}  # fmt: skip
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
             "Action": "sts:AssumeRole"}  # fmt: skip
    iam.create_role(RoleName="sends", AssumeRolePolicyDocument=written(trust))
    iam.put_role_policy(RoleName="sends", PolicyName="send", PolicyDocument=written(may))
    key = {"ContextKeyName": "ses:FromAddress", "ContextKeyValues": [sends_from],
           "ContextKeyType": "string"}  # fmt: skip
    (result,) = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{here.number}:role/sends",
        ActionNames=["ses:SendEmail"],
        ResourceArns=[f"arn:aws:ses:eu-central-1:{here.number}:identity/acme.example"],
        ContextEntries=[key],
    )["EvaluationResults"]
    assert result["EvalDecision"] == decision


def written(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
