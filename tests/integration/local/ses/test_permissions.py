"""Who may send: the statements of the product's own template, evaluated as SES would."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from changecast_local import faults
from changecast_local.cloud import Cloud, running
from changecast_local.environment import PREPARING
from tests.integration.local.ses.given import ANN, LIST, REGION, SENDER, SET, raw, send

TEMPLATE = Path(__file__).parents[4] / "template.yaml"
Statement = dict[str, Any]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with running(auth=True) as started:
        yield started


def values_of(template: dict[str, Any], account: str) -> dict[str, str]:
    """What the parameters and pseudo parameters of the template are in these tests."""
    defaults = {
        name: str(parameter.get("Default", ""))
        for name, parameter in template["Parameters"].items()
    }
    pseudo = {"Partition": "aws", "Region": REGION, "AccountId": account}
    given = {"Sender": SENDER, "SenderIdentity": "acme.example"}
    return {**defaults, **{f"AWS::{name}": at for name, at in pseudo.items()}, **given}


def resolved(part: Any, values: dict[str, str]) -> Any:
    """A part of a template without its functions; of an If the first branch is taken."""
    if isinstance(part, list):
        return [resolved(each, values) for each in part]
    if not isinstance(part, dict):
        return part
    for function, resolve in FUNCTIONS.items():
        if function in part:
            return resolve(part[function], values)
    return {name: resolved(each, values) for name, each in part.items()}


def filled(text: Any, values: dict[str, str]) -> str:
    """Fn::Sub, with or without variables of its own."""
    if isinstance(text, list):
        return filled(text[0], values | resolved(text[1], values))
    return re.sub(r"\$\{([^}]+)\}", lambda name: values.get(name[1], "x"), str(text))


FUNCTIONS: dict[str, Callable[[Any, dict[str, str]], Any]] = {
    "Fn::Sub": filled,
    "Fn::If": lambda branches, values: resolved(branches[1], values),
    "Fn::GetAtt": lambda _, __: "arn:aws:other:::resource",
    "Ref": lambda name, values: values[name],
}


def statements(role: str, account: str) -> list[Statement]:
    """The statements about SES of a role of the customer stack."""
    from cfnlint.decode import decode  # noqa: PLC0415 - 1.3 s, which every worker would take to collect

    template, _ = decode(str(TEMPLATE))
    policies = template["Resources"][role]["Properties"]["Policies"]
    # What stands under Fn::If is about a key of the account, not about SES.
    documents = [policy["PolicyDocument"] for policy in policies if "PolicyDocument" in policy]
    found = [each for document in documents for each in document["Statement"]]
    about_ses = [each for each in found if "ses:" in json.dumps(each["Action"])]
    return [resolved(each, values_of(template, account)) for each in about_ses]


@pytest.fixture
def as_role(cloud: Cloud, client: Any, account: str) -> Iterator[Callable[..., Any]]:
    """Return a client of SES for a caller with only these statements."""
    opened: list[Any] = []
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust["Principal"] = {"AWS": f"arn:aws:iam::{account}:root"}  # type: ignore[assignment]

    def become(allowed: list[Statement]) -> Any:
        name = f"role{len(opened)}"
        arn = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document([trust]))
        client("iam").put_role_policy(
            RoleName=name, PolicyName="ses", PolicyDocument=document(allowed)
        )
        keys = client("sts").assume_role(RoleArn=arn["Role"]["Arn"], RoleSessionName="tester")
        made = boto3.client(
            "sesv2",
            endpoint_url=cloud.endpoint,
            region_name=REGION,
            aws_access_key_id=keys["Credentials"]["AccessKeyId"],
            aws_secret_access_key=keys["Credentials"]["SecretAccessKey"],
            aws_session_token=keys["Credentials"]["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}, user_agent_extra=PREPARING),
        )
        opened.append(made)
        return made

    yield become
    for each in opened:
        each.close()


def document(allowed: list[Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})


def refusal(ses: Any, **changes: Any) -> str:
    with pytest.raises(ClientError) as refused:
        send(ses, **changes)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    return str(refused.value.response["Error"]["Message"])


def test_the_sender_s_role_may_send_what_the_sender_sends(
    sender: Any, as_role: Any, account: str
) -> None:
    del sender
    assert send(as_role(statements("SendMailRole", account)))


def test_the_sender_s_role_may_send_as_nobody_else(sender: Any, as_role: Any, account: str) -> None:
    del sender
    ses = as_role(statements("SendMailRole", account))
    assert "ses:SendEmail" in refusal(ses, FromEmailAddress="boss@acme.example")
    forged = raw().replace(SENDER.encode(), b"boss@acme.example", 1)
    for named in (None, SENDER):
        refusal(ses, FromEmailAddress=named, Content={"Raw": {"Data": forged}})


def test_the_sender_s_role_may_use_no_other_identity_set_or_list(
    sender: Any, as_role: Any, account: str
) -> None:
    sender.create_configuration_set(ConfigurationSetName="other")
    ses = as_role(statements("SendMailRole", account))
    assert "identity/globex.example" in refusal(ses, FromEmailAddress="x@globex.example")
    assert "configuration-set/other" in refusal(ses, ConfigurationSetName="other")
    other = {"ContactListName": "other", "TopicName": "announcements"}
    assert "contact-list/other" in refusal(ses, ListManagementOptions=other)


def without(found: list[Statement], member: str, dropped: str) -> list[Statement]:
    """The statements without one action or resource (named by a part of it)."""
    return [{**each, member: [one for one in each[member] if dropped not in one]} for each in found]


@pytest.mark.parametrize(
    ("member", "dropped", "named"),
    [
        ("Action", "ses:SendRawEmail", "ses:SendRawEmail"),
        ("Action", "ses:SendEmail", "ses:SendEmail"),
        ("Resource", ":identity/", "identity/acme.example"),
        ("Resource", ":configuration-set/", f"configuration-set/{SET}"),
        ("Resource", ":contact-list/", f"contact-list/{LIST}"),
    ],
)
def test_a_raw_mail_needs_every_action_on_every_resource(
    sender: Any, as_role: Any, account: str, member: str, dropped: str, named: str
) -> None:
    del sender
    found = statements("SendMailRole", account)
    assert named in refusal(as_role(without(found, member, dropped)))


def test_a_simple_mail_needs_no_raw_action(sender: Any, as_role: Any, account: str) -> None:
    del sender
    found = without(statements("SendMailRole", account), "Action", "ses:SendRawEmail")
    simple = {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}
    assert send(as_role(found), Content={"Simple": simple})


def test_a_deny_of_a_recipient_counts(sender: Any, as_role: Any, account: str) -> None:
    del sender
    deny = {
        "Effect": "Deny",
        "Action": "ses:SendEmail",
        "Resource": "*",
        "Condition": {"ForAnyValue:StringLike": {"ses:Recipients": "*@globex.example"}},
    }
    ses = as_role([*statements("SendMailRole", account), deny])
    assert send(ses)
    assert "explicit deny" in refusal(ses, to="bob@globex.example")


def test_the_planner_s_role_may_read_the_list_and_the_quota_and_not_send(
    sender: Any, as_role: Any, account: str
) -> None:
    sender.create_contact(ContactListName=LIST, EmailAddress=ANN)
    ses = as_role(statements("PlanDeliveryRole", account))
    listed = ses.list_contacts(ContactListName=LIST)["Contacts"]
    assert [each["EmailAddress"] for each in listed] == [ANN]
    assert ses.get_account()["SendingEnabled"]
    refusal(ses)
    with pytest.raises(ClientError, match="ses:CreateContact"):
        ses.create_contact(ContactListName=LIST, EmailAddress="bob@acme.example")


def test_the_account_s_administrator_may_send(sender: Any) -> None:
    assert send(sender)


def test_an_identity_of_the_sender_s_address_is_asked_for_and_not_its_domain(
    sender: Any, as_role: Any, account: str
) -> None:
    arn = f"arn:aws:ses:{REGION}:{account}:identity"
    found = statements("SendMailRole", account)
    others = [one for one in found[0]["Resource"] if ":identity/" not in one]
    only_domain = [{**found[0], "Resource": [*others, f"{arn}/acme.example"]}]
    assert send(as_role(only_domain))
    sender.create_email_identity(EmailIdentity=SENDER)
    assert f"identity/{SENDER}" in refusal(as_role(only_domain))


def test_the_sender_s_role_may_send_where_the_address_is_an_identity_too(
    sender: Any, as_role: Any, account: str
) -> None:
    sender.create_email_identity(EmailIdentity=SENDER)
    assert send(as_role(statements("SendMailRole", account)))


def test_in_the_sandbox_the_identity_of_a_recipient_is_asked_for_too(
    sender: Any, as_role: Any, account: str
) -> None:
    faults.add({"account": account, "kind": "sandbox"})
    faults.add({"account": account, "kind": "limits", "max_send_rate": 100})
    sender.create_email_identity(EmailIdentity="eve@elsewhere.example")
    found = statements("SendMailRole", account)
    others = [one for one in found[0]["Resource"] if ":identity/" not in one]
    own = f"arn:aws:ses:{REGION}:{account}:identity/acme.example"
    only_own = [{**found[0], "Resource": [*others, own]}]
    assert "identity/eve@elsewhere.example" in refusal(
        as_role(only_own), to="eve@elsewhere.example"
    )
    assert send(as_role(found), to="eve@elsewhere.example")
