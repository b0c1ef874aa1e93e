"""Webhooks over real TLS: to the vetted address, under the name's certificate, once."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from changecast.customer.channels import https
from changecast.customer.channels.https import Unreachable, post
from changecast.customer.channels.targets import Target, target_of
from changecast_cli.local.receiver import Receiver, certified, receiving

HERE = ["127.0.0.1"]
HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an authority that this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    https._trust.cache_clear()
    yield tmp_path
    https._trust.cache_clear()


@pytest.fixture
def receiver(trusted: Path) -> Iterator[Receiver]:
    with receiving(trusted, "hooks.acme.example") as found:
        yield found


def target(receiver: Receiver, host: str = "hooks.acme.example") -> Target:
    return target_of(receiver.url.replace("localhost", host))._replace(host=host)


def test_the_request_goes_to_the_vetted_address_and_names_the_host(receiver: Receiver) -> None:
    """hooks.acme.example has no address at all: nobody looks it up again."""
    assert post(target(receiver), HERE, b"{}", HEADERS).status == 200
    (received,) = receiver.requests
    assert received.body == b"{}"
    assert received.headers["host"].startswith("hooks.acme.example:")
    assert received.headers["webhook-id"] == "msg_1"


def test_a_certificate_of_another_name_is_refused(receiver: Receiver) -> None:
    with pytest.raises(Unreachable, match="certificate"):
        post(target(receiver, "other.acme.example"), HERE, b"{}", HEADERS)
    assert receiver.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certified(tmp_path / "others", "hooks.acme.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "others" / "ca.pem"))
    https._trust.cache_clear()
    with pytest.raises(Unreachable, match="certificate"):
        post(target(receiver), HERE, b"{}", HEADERS)
    assert receiver.requests == []


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answer = lambda _: (307, {"Location": receiver.url + "/elsewhere"}, b"")
    assert post(target(receiver), HERE, b"{}", HEADERS).status == 307
    assert [each.path for each in receiver.requests] == ["/hook"]


def test_a_proxy_in_the_environment_is_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert post(target(receiver), HERE, b"{}", HEADERS).status == 200


def test_retry_after_is_read(receiver: Receiver) -> None:
    receiver.answer = lambda _: (503, {"Retry-After": "77"}, b"later")
    assert post(target(receiver), HERE, b"{}", HEADERS) == (503, "77")


def test_a_very_long_answer_is_not_read(receiver: Receiver) -> None:
    receiver.answer = lambda _: (200, {}, b"x" * 50_000_000)
    begun = time.monotonic()
    assert post(target(receiver), HERE, b"{}", HEADERS).status == 200
    assert time.monotonic() - begun < 60


def test_the_second_address_is_tried_where_the_first_refuses(receiver: Receiver) -> None:
    assert post(target(receiver), ["127.0.0.2", *HERE], b"{}", HEADERS).status == 200


def test_nobody_there_is_unreachable(trusted: Path) -> None:
    certified(trusted, "hooks.acme.example")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable):
        post(Target("hooks.acme.example", port, "/"), HERE, b"{}", HEADERS)


def _silent(connection: socket.socket) -> None:
    while connection.recv(65_536):  # until it is cut off
        pass


def _dripping(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X: y\r\n")
        time.sleep(0.1)


def _no_http(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(b"220 smtp.acme.example ready\r\n")


@pytest.mark.parametrize(
    ("behave", "tls"),
    [(_silent, True), (_no_http, True), (_silent, False)],
)
def test_a_receiver_that_does_not_come_to_an_end_is_cut_off(
    behave: Callable[[socket.socket], None], tls: bool, trusted: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(https, "ANSWER_SECONDS", 1.0)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified(trusted, "hooks.acme.example"))
    with _serving(trusted, behave, tls=tls) as at:
        begun = time.monotonic()
        with pytest.raises(Unreachable):
            post(at, HERE, b"{}", HEADERS)
        assert time.monotonic() - begun < 120


def test_a_head_that_never_ends_is_cut_off_and_its_first_line_counts(
    trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "ANSWER_SECONDS", 5.0)  # the handshake is a part of it
    with _serving(trusted, _dripping, tls=True) as at:
        begun = time.monotonic()
        assert post(at, HERE, b"{}", HEADERS).status == 200
        assert time.monotonic() - begun < 120


@contextmanager
def _serving(
    trusted: Path, behave: Callable[[socket.socket], None], *, tls: bool
) -> Iterator[Target]:
    """Serve one connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified(trusted, "hooks.acme.example"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        serving = threading.Thread(target=_serve_one, args=(server, context, behave, tls))
        serving.start()
        yield Target("hooks.acme.example", server.getsockname()[1], "/")
        serving.join(300)


def _serve_one(
    server: socket.socket, context: ssl.SSLContext, behave: Callable[[socket.socket], None],
    tls: bool,
) -> None:  # fmt: skip
    plain, _ = server.accept()
    with plain, suppress(OSError):  # it was cut off
        if not tls:
            behave(plain)
            return
        with context.wrap_socket(plain, server_side=True) as connection:
            behave(connection)
