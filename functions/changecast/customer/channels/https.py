"""Make one HTTPS POST to a checked address: no redirects, no proxies, no reused connections.

`http.client` follows no redirects and reads no proxy from the environment. It does not connect
itself: it gets a socket to the checked address, and the certificate must match the name.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from http.client import HTTPException, HTTPSConnection
from threading import Timer
from typing import NamedTuple

from changecast.customer.channels.targets import Target

CONNECT_SECONDS = 3.0
# From the handshake to the end of the response's headers, however slowly they arrive.
ANSWER_SECONDS = 10.0


class Unreachable(Exception):
    """No response; the message is one word for people and for the ledger."""


class HttpAnswer(NamedTuple):
    """A receiver's response. `retry_after` is the raw header."""

    status: int
    retry_after: str


Post = Callable[[Target, Sequence[str], bytes, Mapping[str, str]], HttpAnswer]


def post(
    target: Target, addresses: Sequence[str], body: bytes, headers: Mapping[str, str]
) -> HttpAnswer:
    """Post to the first address that accepts a connection, within ANSWER_SECONDS.

    Only the response's headers are read; its body is ignored.

    Raises:
        Unreachable: There is no response, or it is not HTTP.
    """
    connection = HTTPSConnection(target.host, target.port, context=_trust())
    try:
        with _connected(target, addresses) as tls:
            connection.sock = tls
            connection.request("POST", target.path, body, dict(headers))
            answer = connection.getresponse()
            return HttpAnswer(answer.status, answer.getheader("Retry-After", ""))
    except ssl.SSLCertVerificationError as error:
        raise Unreachable("certificate") from error
    except TimeoutError as error:
        raise Unreachable("timeout") from error
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable("connection") from error
    finally:
        connection.close()


@contextmanager
def _connected(target: Target, addresses: Sequence[str]) -> Iterator[ssl.SSLSocket]:
    """Connect, do the TLS handshake, and cut the connection when the time is over."""
    plain = _dialled(target.port, addresses)
    tls = _trust().wrap_socket(plain, server_hostname=target.host, do_handshake_on_connect=False)
    cut = Timer(ANSWER_SECONDS, _cut_off, [tls])
    cut.start()
    try:
        tls.settimeout(ANSWER_SECONDS)
        tls.do_handshake()
        yield tls
    finally:
        cut.cancel()
        tls.close()


def _dialled(port: int, addresses: Sequence[str]) -> socket.socket:
    """Return a connection to the first of at most two addresses that accepts one."""
    failure: OSError = OSError("the host name has no address")
    for address in addresses[:2]:
        try:
            return socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        except OSError as error:
            failure = error
    raise failure


def _cut_off(tls: ssl.SSLSocket) -> None:
    """Shut the connection down, so that its reader sees the end of it."""
    try:
        socket.socket.shutdown(tls, socket.SHUT_RDWR)
    except OSError:  # already closed
        return


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Return the TLS context, which trusts the machine's certificate authorities."""
    return ssl.create_default_context()
