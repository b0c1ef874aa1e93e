"""The function that sends may use any identity that SES may choose for the sender, and no other.

https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
"""

import pytest

from testbed.expand import expanded
from tests.isolation.resolve import Place, Stack
from tests.support.deploy_rights import ACCOUNTS, CUSTOMER, PARAMETERS, REGION, STACKS, Need
from tests.support.policy_documents import failing

SENDER = PARAMETERS[CUSTOMER]["Sender"]
IDENTITIES = f"arn:aws:ses:{REGION}:{ACCOUNTS[CUSTOMER]}:identity/"


def denied(identity: str, sender: str) -> list[str]:
    place = Place(ACCOUNTS[CUSTOMER], REGION, STACKS[CUSTOMER])
    role = Stack(expanded(CUSTOMER), PARAMETERS[CUSTOMER], place).resources["SendMailRole"]
    documents = [policy["PolicyDocument"] for policy in role["Policies"] if policy]
    keys = (("ses:FromAddress", sender),)
    actions = ("ses:SendEmail", "ses:SendRawEmail")
    return failing([Need("send", each, identity, keys) for each in actions], documents)


@pytest.mark.parametrize("name", ["acme.example", SENDER])
def test_the_identity_is_the_domain_or_the_address_beside_it(name: str) -> None:
    assert denied(f"{IDENTITIES}{name}", SENDER) == []


@pytest.mark.parametrize("sender", ["ceo@acme.example", "changes@acme.example.evil.example", ""])
def test_no_mail_leaves_in_another_senders_name(sender: str) -> None:
    assert len(denied(f"{IDENTITIES}acme.example", sender)) == 2


def test_an_identity_of_another_account_is_out_of_reach() -> None:
    foreign = IDENTITIES.replace(ACCOUNTS[CUSTOMER], "333333333333")
    assert len(denied(f"{foreign}acme.example", SENDER)) == 2
