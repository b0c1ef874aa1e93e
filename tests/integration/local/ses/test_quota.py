"""How fast and how much an account may send."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast.contract.errors import PauseRun, Retry
from changecast.customer.channels.email import translated
from changecast_local import faults
from changecast_local.ses import quota, store
from changecast_local.ses.answers import Refusal
from tests.integration.local.ses.given import send

NOBODY = "000000000000"


@pytest.fixture
def limited() -> store.Account:
    """An account that may send 10 mails a second and 30 a day."""
    faults.clear(NOBODY)
    faults.add({"account": NOBODY, "kind": "limits", "max_send_rate": 10, "max_24_hour_send": 30})
    return store.Account(NOBODY, "eu-central-1")


def taken(account: store.Account, mails: int, now: float, *, counted: bool = True) -> int:
    """Return how many of a number of mails pass at this moment."""
    passed = 0
    for _ in range(mails):
        try:
            quota.take(account, 1, counted=counted, now=now)
        except Refusal:
            return passed
        passed += 1
    return passed


def test_a_burst_of_a_second_s_worth_passes_and_no_more(limited: store.Account) -> None:
    assert taken(limited, 20, now=1000.0) == 10
    assert taken(limited, 20, now=1000.5) == 5


def test_what_is_not_used_is_not_saved_up(limited: store.Account) -> None:
    assert taken(limited, 20, now=1000.0) == 10
    assert taken(limited, 20, now=1060.0) == 10


def test_the_day_s_quota_ends_and_is_full_again_after_24_hours(limited: store.Account) -> None:
    for second in range(3):
        assert taken(limited, 10, now=1000.0 + second) == 10
    with pytest.raises(Refusal, match="Daily message quota exceeded"):
        quota.take(limited, 1, counted=True, now=1010.0)
    assert taken(limited, 1, now=1002.0 + quota.DAY) == 1


def test_the_simulator_counts_towards_the_rate_and_not_the_day(limited: store.Account) -> None:
    assert taken(limited, 20, now=1000.0, counted=False) == 10
    assert quota.sent_last_24_hours(limited, 1000.0) == 0


def test_a_client_over_the_rate_is_told_to_wait(sender: Any, account: str) -> None:
    faults.add({"account": account, "kind": "limits", "max_send_rate": 1})
    send(sender)
    with pytest.raises(ClientError, match=r"Maximum sending rate exceeded\.") as refused:
        send(sender)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert isinstance(translated(refused.value), Retry)


def test_a_client_over_the_daily_quota_is_told_to_stop(sender: Any, account: str) -> None:
    faults.add({"account": account, "kind": "limits", "max_24_hour_send": 1})
    send(sender)
    with pytest.raises(ClientError) as refused:
        send(sender)
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert isinstance(translated(refused.value), PauseRun)
