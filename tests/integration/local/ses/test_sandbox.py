"""An account without production access: https://docs.aws.amazon.com/ses/latest/dg/quotas.html."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast_local import faults
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
