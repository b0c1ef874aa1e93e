"""The signature, as the libraries of Standard Webhooks verify it, and what each answer means."""

import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import standardwebhooks

from changecast.contract.errors import ContractError, RecipientRefused, Retry
from changecast.customer.channels.https import HttpAnswer, Unreachable
from changecast.customer.channels.webhook import Webhook, key_of, send, signed_headers
from changecast.customer.ledger.endpoints import ROTATION_SECONDS, Endpoint
from changecast.customer.ledger.schema import ChannelName
from testbed.doubles.receivers import SECRET, Receivers
from testbed.doubles.secrets import Secrets

NEW = "whsec_" + base64.b64encode(b"another secret, which is newer").decode()
BODY = '{"type":"change.update","data":{"title":"Größe ✓"}}'.encode()
NOW = time.time()
ARN = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:changecast/channels/ops"


def webhook(
    receivers: Receivers,
    *,
    rotated_at: float = 0.0,
    secrets: Secrets | None = None,
    clock: Callable[[], float] = time.time,
) -> Webhook:
    """The libraries look at the real clock, and refuse what is five minutes old."""
    endpoint = Endpoint(
        "ops", ChannelName.WEBHOOK, "https://ops.acme.example/hook?team=1", ("announcements",),
        secret=ARN, rotated_at=rotated_at,
    )  # fmt: skip
    held = secrets or Secrets()
    held.webhooks.setdefault((ARN, "AWSCURRENT"), SECRET)
    client: Any = held
    return Webhook(client, endpoint, clock=clock, resolve=receivers.resolve, post=receivers.post)


def answering(status: int, retry_after: str = "") -> Receivers:
    receivers = Receivers()
    receivers.answer = lambda host: HttpAnswer(status, retry_after)
    return receivers


def test_a_receiver_with_the_python_library_verifies_a_notice() -> None:
    receivers = Receivers()
    assert send(webhook(receivers), "msg_1", BODY) == "200"
    (posted,) = receivers.posted
    assert (posted.host, posted.path) == ("ops.acme.example", "/hook?team=1")
    said = standardwebhooks.Webhook(SECRET).verify(posted.body, dict(posted.headers))
    assert said["data"]["title"] == "Größe ✓"


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "webhook-signature", "body"])
def test_a_notice_that_was_changed_on_the_way_is_not_verified(part: str) -> None:
    now = int(time.time())
    headers = signed_headers([key_of(SECRET)], "msg_1", now, BODY)
    body = BODY + b" " if part == "body" else BODY
    if part in headers:
        swapped = {"webhook-timestamp": str(now + 1)}
        headers[part] = swapped.get(part, "v1," + "A" * 43 + "=")
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify(body, headers)


@pytest.mark.parametrize("secret", [SECRET, NEW])
def test_for_a_day_after_a_rotation_both_secrets_verify(secret: str) -> None:
    secrets, receivers = Secrets(), Receivers()
    secrets.webhooks |= {(ARN, "AWSCURRENT"): NEW, (ARN, "AWSPREVIOUS"): SECRET}
    send(webhook(receivers, rotated_at=time.time() - 3_600, secrets=secrets), "msg_1", BODY)
    posted = receivers.posted[0]
    assert len(posted.headers["webhook-signature"].split()) == 2
    standardwebhooks.Webhook(secret).verify(posted.body, dict(posted.headers))


def test_a_day_after_a_rotation_the_old_secret_is_over() -> None:
    secrets, receivers = Secrets(), Receivers()
    secrets.webhooks |= {(ARN, "AWSCURRENT"): NEW, (ARN, "AWSPREVIOUS"): SECRET}
    old = time.time() - ROTATION_SECONDS - 1
    send(webhook(receivers, rotated_at=old, secrets=secrets), "msg_1", BODY)
    posted = receivers.posted[0]
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify(posted.body, dict(posted.headers))


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_answer_of_the_two_hundreds_accepts(status: int) -> None:
    assert send(webhook(answering(status)), "msg_1", BODY) == str(status)


@pytest.mark.parametrize(
    "status", [100, 199, 301, 302, 307, 308, 400, 401, 404, 409, 429, 500, 503]
)
def test_every_other_answer_is_tried_again_and_a_redirect_is_not_followed(status: int) -> None:
    receivers = answering(status)
    with pytest.raises(Retry, match=str(status)):
        send(webhook(receivers), "msg_1", BODY)
    assert len(receivers.posted) == 1


def test_a_receiver_that_is_gone_is_not_tried_again() -> None:
    with pytest.raises(RecipientRefused) as refused:
        send(webhook(answering(410)), "msg_1", BODY)
    assert refused.value.code == "gone"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        (format_datetime(datetime.fromtimestamp(int(NOW), UTC) + timedelta(60), usegmt=True), None),
        ("", None), ("soon", None), ("-5", None), ("9" * 40, None), ("1e9", None),
        ("Wed, 21 Oct 2015", None),
    ],
    # The workers of a run compare the names of the tests, so no name may have the time in it.
    ids=["seconds", "date", "nothing", "word", "negative", "huge", "float", "half-a-date"],
)  # fmt: skip
def test_retry_after_is_obeyed_where_it_says_when(said: str, seconds: float | None) -> None:
    with pytest.raises(Retry) as later:
        send(webhook(answering(503, said), clock=lambda: NOW), "msg_1", BODY)
    found = later.value.not_before
    if seconds is not None:
        assert found is not None
        assert found.timestamp() == pytest.approx(NOW + seconds)
    elif "GMT" in said:
        assert found is not None
        assert found.timestamp() == pytest.approx(int(NOW) + 60 * 86_400)
    else:
        assert found is None


@pytest.mark.parametrize("why", ["timeout", "connection", "certificate"])
def test_a_receiver_that_cannot_be_reached_is_tried_again(why: str) -> None:
    receivers = Receivers()

    def unreachable(host: str) -> HttpAnswer:
        raise Unreachable(why)

    receivers.answer = unreachable
    with pytest.raises(Retry, match=why):
        send(webhook(receivers), "msg_1", BODY)


def test_a_receiver_on_a_private_address_is_never_called() -> None:
    receivers = Receivers()
    receivers.addresses = ("93.184.215.14", "169.254.169.254")
    with pytest.raises(RecipientRefused) as refused:
        send(webhook(receivers), "msg_1", BODY)
    assert refused.value.code == "not_public"
    assert receivers.posted == []


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_%%%", "whsec_c2hvcnQ=", "whsec_" + "QUJD" * 40]
)
def test_a_secret_that_is_none_is_named_without_what_stands_there(secret: str) -> None:
    with pytest.raises(ContractError) as refused:
        key_of(secret)
    assert "c2hv" not in refused.value.message


def test_no_notice_goes_out_unsigned() -> None:
    receivers, secrets = Receivers(), Secrets()
    secrets.webhooks[ARN, "AWSCURRENT"] = "whsec_short"
    with pytest.raises(Retry, match="secret"):
        send(webhook(receivers, secrets=secrets), "msg_1", BODY)
    assert receivers.posted == []
