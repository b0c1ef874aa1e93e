"""Allowed targets of webhooks: only public internet addresses.

A person who may add a webhook must not use it to reach what only our function can reach: its own
machine, private networks, the cloud's metadata service. So we check the addresses of a name and
connect to a checked address, not to the name again, because a name may change its addresses between
two lookups.
"""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from changecast.contract.errors import ContractError

LONGEST_URL = 2_000
HTTPS_PORT, FIRST_FREE_PORT, LAST_PORT = 443, 1_024, 65_535
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# What Python's `is_global` lets through, or has let through in some version: ways to write an IPv4
# address inside an IPv6 address (RFC 4291, 6052, 8215, 3056, 4380), and special ranges such as
# multicast.
_TRANSLATED = [
    ipaddress.ip_network(network)
    for network in (
        "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16",
        "2001::/32", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15",
        "224.0.0.0/4", "ff00::/8", "fc00::/7", "fec0::/10", "fe80::/10", "5f00::/16",
    )
]  # fmt: skip


class Target(NamedTuple):
    """A webhook's target. `path` includes the query."""

    host: str
    port: int
    path: str


Resolve = Callable[[str, int], Sequence[str]]


def target_of(url: str) -> Target:
    """Return the target of a webhook's URL.

    Raises:
        ContractError: `target`: the URL is not allowed for a webhook.
    """
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise ContractError(
            "target",
            f"must have at most {LONGEST_URL} characters, only printable ASCII and no spaces",
        )
    try:
        parts = urlsplit(url)
        port = parts.port or HTTPS_PORT
    except ValueError as error:
        raise ContractError(
            "target", "is not a valid address: write it like https://hooks.acme.example/x"
        ) from error
    if parts.scheme != "https" or not parts.hostname or "\\" in url:
        raise ContractError(
            "target", "is not a valid address: write it like https://hooks.acme.example/x"
        )
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ContractError("target", "must not have a user, a password or a #fragment")
    if port != HTTPS_PORT and not FIRST_FREE_PORT <= port <= LAST_PORT:
        raise ContractError(
            "target", f"must use port {HTTPS_PORT}, or port {FIRST_FREE_PORT} or higher"
        )
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    return Target(parts.hostname, port, path)


def resolved(host: str, port: int) -> list[str]:
    """Return a name's current addresses, each once. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def vetted(target: Target, resolve: Resolve = resolved, *, loopback: bool = False) -> list[str]:
    """Return the checked addresses of a target.

    Args:
        target: A webhook's target.
        resolve: The function that looks up a name.
        loopback: Whether to allow the machine's own addresses, for trying webhooks.

    Raises:
        ContractError: `not_public`: one of its addresses is not public.
        OSError: The name cannot be looked up.
    """
    found = list(resolve(target.host, target.port))
    for address in found:
        if not is_public(address) and not (loopback and _is_loopback(address)):
            raise ContractError(
                "not_public", f"{target.host} resolves to an address that is not public"
            )
    return found


def is_public(address: str) -> bool:
    """Return whether an address belongs to one machine of the public internet."""
    try:
        found: Address = ipaddress.ip_address(address)
    except ValueError:  # this also refuses addresses with a network interface: fe80::1%eth0
        return False
    return found.is_global and not any(found in network for network in _TRANSLATED)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
