"""An account without production access: https://docs.aws.amazon.com/ses/latest/dg/quotas.html."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast_local import faults
from changecast_local.ses import quota
from tests.integration.local.ses.given import send


@pytest.fixture
def boxed(sender: Any, account: str) -> Any:
    """SES of an account in the sandbox whose own domain is verified."""
    faults.add({"account": account, "kind": "sandbox"})
    faults.add({"account": account, "kind": "limits", "max_send_rate": 100})
    return sender


def test_the_account_says_so_with_its_small_quota(sender: Any, account: str) -> None:
    faults.add({"account": account, "kind": "sandbox"})
    said = sender.get_account()
    assert said["ProductionAccessEnabled"] is False
    assert said["SendQuota"]["Max24HourSend"] == 200.0
    assert said["SendQuota"]["MaxSendRate"] == 1.0


def test_an_unverified_recipient_is_refused_by_name(boxed: Any) -> None:
    with pytest.raises(ClientError, match=r"not verified.*bob@elsewhere\.example") as refused:
        send(boxed, to="bob@elsewhere.example")
    assert refused.value.response["Error"]["Code"] == "MessageRejected"


@pytest.mark.parametrize(
    "to", ["ann@acme.example", "eve@elsewhere.example", "success@simulator.amazonses.com"]
)
def test_a_verified_domain_or_address_and_the_simulator_are_mailed(boxed: Any, to: str) -> None:
    boxed.create_email_identity(EmailIdentity="eve@elsewhere.example")
    assert send(boxed, to=to)


def test_with_production_access_anybody_is_mailed(boxed: Any, account: str) -> None:
    faults.clear(account)
    assert send(boxed, to="bob@elsewhere.example")


DETAILS: Any = {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://acme.example"}


def test_an_account_is_put_into_the_sandbox_by_its_own_details(sender: Any) -> None:
    assert sender.get_account()["ProductionAccessEnabled"] is True
    sender.put_account_details(**DETAILS)
    assert sender.get_account()["ProductionAccessEnabled"] is True, "it was not asked for"
    sender.put_account_details(**DETAILS, ProductionAccessEnabled=False)
    said = sender.get_account()
    assert said["ProductionAccessEnabled"] is False
    assert said["SendQuota"]["Max24HourSend"] == 200.0
    assert said["Details"] == DETAILS
    with pytest.raises(sender.exceptions.MessageRejected, match="not verified"):
        send(sender, to="bob@elsewhere.example")


def test_production_access_is_granted_by_a_review_and_not_by_the_request(
    sender: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender.put_account_details(**DETAILS, ProductionAccessEnabled=False)
    sender.put_account_details(**DETAILS, ProductionAccessEnabled=True)
    said = sender.get_account()
    assert said["ProductionAccessEnabled"] is False
    assert said["Details"]["ReviewDetails"]["Status"] == "PENDING"
    with pytest.raises(sender.exceptions.ConflictException):
        sender.put_account_details(**DETAILS, ProductionAccessEnabled=True)
    monkeypatch.setattr(quota, "REVIEW_SECONDS", 0.0)
    assert send(sender, to="bob@elsewhere.example")
    said = sender.get_account()
    assert said["ProductionAccessEnabled"] is True
    assert said["Details"]["ReviewDetails"]["Status"] == "GRANTED"


@pytest.mark.parametrize(
    "wrong",
    [
        {"MailType": "SPAM"},
        {"WebsiteURL": "acme"},
        {"ContactLanguage": "DE"},
        {"AdditionalContactEmailAddresses": [f"a{n}@acme.example" for n in range(5)]},
    ],
)
def test_details_that_aws_refuses_are_refused(sender: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(sender.exceptions.BadRequestException):
        sender.put_account_details(**(DETAILS | wrong))
