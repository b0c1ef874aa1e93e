"""The CLI in a customer's account by the role that the customer lets it take: IAM decides."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import boto3
import pytest

from changecast.hub.registry import PREFIX, Customer
from changecast_cli.customer_access import CustomerAccount, Keys, enter
from changecast_cli.failures import Refused
from changecast_local.cloud import Cloud
from tests.integration.local import stage

AGREED = "agreed-between-us"
SCOPE = "arn:aws:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/${AWS::StackName}/*"


def template(hub: str, *actions: str) -> str:
    """The part of a customer's stack that lets operators in: the role and its rights."""
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{hub}:root"},
             "Action": "sts:AssumeRole",
             "Condition": {"StringEquals": {"sts:ExternalId": AGREED}}}  # fmt: skip
    may = {"Effect": "Allow", "Action": list(actions), "Resource": {"Fn::Sub": SCOPE}}
    role = {
        "RoleName": "changecast-operator",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [
            {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [may]}}
        ],
    }
    numbers = {"LedgerTtlDays": 120, "UnknownWindowMinutes": 60}
    return json.dumps({
        "Parameters": {name: {"Type": "Number", "Default": n} for name, n in numbers.items()},
        "Resources": {"OperatorRole": {"Type": "AWS::IAM::Role", "Properties": role}},
        "Outputs": {"LedgerTable": {"Value": "the-ledger"}},
    })  # fmt: skip


@pytest.fixture
def way_in(
    cloud: Cloud, account: Callable[[], stage.Account], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., CustomerAccount]:  # fmt: skip
    """Registers acme with a stack, and tries to enter it from the hub."""
    hub, theirs = account(), account()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    session: boto3.Session = cloud.session(hub.number)
    entry = Customer("acme", theirs.number, "eu-central-1", "arn:aws:events:::bus", "Acme")
    session.client("ssm").put_parameter(
        Name=f"{PREFIX}acme", Value=json.dumps(asdict(entry)), Type="String"
    )

    def go(external_id: str | None, *actions: str, stack: str = "changecast") -> CustomerAccount:
        cloudformation: Any = cloud.session(theirs.number).client("cloudformation")
        cloudformation.create_stack(
            StackName=stack,
            TemplateBody=template(hub.number, *actions),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        stage.eventually(
            lambda: (
                cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
                == "CREATE_COMPLETE"
            )
        )
        return enter(session, "acme", Keys(None, external_id))

    return go


def test_it_leads_to_the_customers_own_ledger(way_in: Callable[..., CustomerAccount]) -> None:
    entered = way_in(AGREED, "cloudformation:DescribeStacks")
    assert entered.way == "the role changecast-operator"
    account = entered.session.client("sts").get_caller_identity()["Account"]
    assert account == entered.customer.account
    ledger = entered.ledger()
    assert (ledger.table, ledger.keep, ledger.window) == ("the-ledger", 120 * 86_400, 3_600)


def test_external_id_and_stack_come_from_samconfig_where_they_stand(
    way_in: Callable[..., CustomerAccount],
) -> None:
    Path("samconfig.toml").write_text(
        '[acme.global.parameters]\nstack_name = "acme-changes"\n[acme.deploy.parameters]\n'
        f'parameter_overrides = ["OperatorExternalId={AGREED}"]\n'
    )
    entered = way_in(None, "cloudformation:DescribeStacks", stack="acme-changes")
    assert entered.output("LedgerTable") == "the-ledger"


@pytest.mark.parametrize(
    ("external_id", "action", "stack", "says"),
    [
        ("another-one", "cloudformation:DescribeStacks", "changecast", "cannot use arn:aws:iam"),
        (
            AGREED,
            "sqs:SendMessage",
            "changecast",
            "is not allowed to read the stack changecast of acme",
        ),
        (AGREED, "cloudformation:DescribeStacks", "other", "changecast"),
    ],
)
def test_where_the_customer_does_not_let_us_in_a_sentence_says_what_to_do(
    way_in: Callable[..., CustomerAccount], external_id: str, action: str, stack: str, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        way_in(external_id, action, stack=stack)
