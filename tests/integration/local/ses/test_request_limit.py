"""SES takes one request a second for everything but sending."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast_local import faults
from changecast_local.ses import control_plane
from changecast_local.ses.control_plane import SECONDS_APART
from tests.integration.local.ses.given import LIST, send


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The limit's clock, which moves only when a test moves `now` (seconds)."""
    clock = SimpleNamespace(now=1_000.0)
    stopped = SimpleNamespace(monotonic=lambda: clock.now)
    monkeypatch.setattr(control_plane, "time", stopped)
    return clock


@pytest.fixture
def hurried(client: Any, sender: Any, clock: SimpleNamespace) -> Any:
    """SES as the product meets it: every request counts."""
    del sender, clock
    return client("sesv2", hurried=True)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("get_account", {}),
        ("list_contacts", {"ContactListName": LIST}),
        ("create_contact", {"ContactListName": LIST, "EmailAddress": "bob@acme.example"}),
        ("get_email_identity", {"EmailIdentity": "acme.example"}),
        ("list_configuration_sets", {}),
    ],
)
def test_a_second_request_within_a_second_is_refused_whatever_it_asks(
    hurried: Any, operation: str, request_: dict[str, Any]
) -> None:
    hurried.get_contact_list(ContactListName=LIST)
    with pytest.raises(ClientError) as refused:
        getattr(hurried, operation)(**request_)
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_one_request_a_second_is_served(hurried: Any, clock: SimpleNamespace) -> None:
    for _ in range(3):
        assert hurried.get_account()["SendingEnabled"]
        clock.now += SECONDS_APART


def test_what_is_refused_does_not_count(hurried: Any, clock: SimpleNamespace) -> None:
    hurried.get_account()
    for _ in range(3):
        clock.now += SECONDS_APART / 4
        with pytest.raises(ClientError, match="Rate exceeded"):
            hurried.get_account()
    clock.now += SECONDS_APART / 4
    assert hurried.get_account()


def test_sending_does_not_count(hurried: Any) -> None:
    hurried.get_account()
    assert all(send(hurried) for _ in range(5))


def test_accounts_and_regions_have_limits_of_their_own(client: Any, hurried: Any) -> None:
    hurried.get_account()
    assert client("sesv2", region="eu-west-1", hurried=True).get_account()


def test_an_account_may_be_prepared_without_the_limit(ses: Any, account: str) -> None:
    for _ in range(3):
        ses.get_account()
    assert not faults.listed(account)
