"""What an account says about itself."""

import time
from typing import Any

import pytest

from changecast.customer.ledger.table import Ledger
from changecast.customer.sending.pace import Pace
from changecast.customer.sending.shared_quota import shared_pace
from changecast_local import faults
from testbed.doubles.dynamodb import Table
from tests.integration.local.ses.given import send


def test_an_account_is_out_of_the_sandbox_and_says_its_quota(sender: Any) -> None:
    send(sender)
    said = sender.get_account()
    assert said["ProductionAccessEnabled"] is True
    assert said["SendQuota"] == {
        "Max24HourSend": 50_000.0,
        "MaxSendRate": 200.0,
        "SentLast24Hours": 1.0,
    }
    assert said["SuppressionAttributes"]["SuppressedReasons"] == ["BOUNCE", "COMPLAINT"]


def test_the_product_reads_the_pace_of_an_account(ses: Any, account: str) -> None:
    faults.add({"account": account, "kind": "limits", "max_send_rate": 14, "max_24_hour_send": 200})
    ledger = Ledger(Table(), "ledger", 0.0, 0.0)  # type: ignore[arg-type]
    assert shared_pace(ledger, ses, time.time) == Pace(rate=14.0, left=200, enabled=True)


def test_an_account_whose_sending_is_off_says_so_and_pauses(sender: Any) -> None:
    sender.put_account_sending_attributes(SendingEnabled=False)
    assert sender.get_account()["SendingEnabled"] is False
    with pytest.raises(sender.exceptions.SendingPausedException):
        send(sender)
    sender.put_account_sending_attributes(SendingEnabled=True)
    assert send(sender)


@pytest.mark.parametrize(
    ("kind", "enforcement"), [("paused", "HEALTHY"), ("suspended", "SHUTDOWN")]
)
def test_an_account_with_a_standing_fault_says_so(
    ses: Any, account: str, kind: str, enforcement: str
) -> None:
    faults.add({"account": account, "kind": kind})
    said = ses.get_account()
    assert (said["SendingEnabled"], said["EnforcementStatus"]) == (False, enforcement)
