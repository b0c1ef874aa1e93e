"""The real client against a server that takes a mail and then misbehaves: one request each."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import boto3
import pytest
from botocore.config import Config

from changecast.customer.channels.email import ONCE
from changecast.lambdas.clients import light
from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses


class Misbehaving(BaseHTTPRequestHandler):
    """Takes a mail whole, then does what `how` says."""

    how: ClassVar[str] = ""
    taken: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.taken.append(self.rfile.read(int(self.headers["Content-Length"])))
        getattr(self, self.how)()

    def accept(self) -> None:
        self._answer(200, {"MessageId": "m-1"})

    def drop(self) -> None:
        self.close_connection = True

    def stall(self) -> None:
        time.sleep(1.5)

    def cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"MessageId"')
        self.close_connection = True

    def page(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"<html>")

    def error_500(self) -> None:
        self._answer(500, {"message": "boom"}, "InternalFailure")

    def error_503(self) -> None:
        self._answer(503, {"message": "boom"}, "ServiceUnavailable")

    def error_429(self) -> None:
        text = "Maximum sending rate exceeded."
        self._answer(429, {"message": text}, "TooManyRequestsException")

    def error_quota(self) -> None:
        text = "Daily message quota exceeded."
        self._answer(429, {"message": text}, "TooManyRequestsException")

    def error_400(self) -> None:
        self._answer(400, {"message": "Bad address."}, "MessageRejected")

    def error_paused(self) -> None:
        self._answer(400, {"message": "Paused."}, "SendingPausedException")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def _answer(self, status: int, body: dict[str, str], kind: str = "") -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if kind:
            self.send_header("x-amzn-ErrorType", kind)
        self.end_headers()
        self.wfile.write(text)


class OverTheWire(Ses):
    """SES whose SendEmail goes through the real client."""

    client: Any

    def send_email(self, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.send_email(**request)
        return answer


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    Misbehaving.taken.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def account(url: str) -> Iterator[Account]:
    """One recipient; the client is the sender's own, but for shorter timeouts."""
    ses = OverTheWire(contacts={"announcements": ["p@acme.example"]})
    ses.client = light(
        boto3.client(
            "sesv2",
            region_name="eu-west-1",
            endpoint_url=url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=ONCE.merge(Config(connect_timeout=1, read_timeout=0.5)),
        )
    )
    account = Account(ses=ses)
    account.announce(envelope())
    account.plan()
    yield account
    ses.client.close()


@pytest.mark.parametrize(
    ("how", "state"),
    [
        ("accept", "SENT"),
        ("drop", "UNKNOWN"),
        ("stall", "UNKNOWN"),
        ("cut", "UNKNOWN"),
        ("page", "UNKNOWN"),
        ("error_500", "UNKNOWN"),
        ("error_503", "UNKNOWN"),
        ("error_429", "PLANNED"),
        ("error_quota", "PLANNED"),
        ("error_paused", "PLANNED"),
        ("error_400", "FAILED"),
    ],
)
def test_one_request_and_the_right_state(account: Account, how: str, state: str) -> None:
    Misbehaving.how = how
    account.send()
    assert len(Misbehaving.taken) == 1
    assert account.states("CHG1") == {"p@acme.example": state}


def test_nobody_listens_and_nobody_is_unknown(account: Account) -> None:
    ses = account.ses
    assert isinstance(ses, OverTheWire)
    ses.client.close()
    ses.client = boto3.client(
        "sesv2", region_name="eu-west-1", endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="testing", aws_secret_access_key="testing", config=ONCE,
    )  # fmt: skip
    account.send()
    assert account.states("CHG1") == {"p@acme.example": "PLANNED"}
    assert Misbehaving.taken == []
    ses.client.close()
