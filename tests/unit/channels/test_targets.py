"""Where webhooks may lead: a table of targets that are refused, and their near misses."""

import ipaddress
from collections.abc import Sequence

import pytest

from changecast.contract.errors import ContractError
from changecast.customer.channels.targets import Resolve, Target, is_public, target_of, vetted

PUBLIC = ["93.184.215.14", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
          "169.253.1.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2001:4860:4860::8888",
          "2003::1", "64:ff9c::1"]  # fmt: skip
NOT_PUBLIC = [
    # This machine and this network.
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "::1", "::",
    # Private networks.
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fc00::1",
    "fd12:3456:789a::1", "fec0::1",
    # The metadata of the cloud, and other link-local addresses.
    "169.254.169.254", "169.254.170.2", "169.254.169.253", "fd00:ec2::254", "fe80::1",
    "fe80::1%eth0",
    # Carriers' NAT, benchmarks, documentation, multicast, broadcast, reserved.
    "100.64.0.1", "100.127.255.255", "198.18.0.1", "198.19.255.255", "192.0.2.1", "198.51.100.7",
    "203.0.113.9", "192.0.0.8", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "2001:db8::1", "ff02::1", "100::1", "5f00::1",
    # IPv4 addresses inside IPv6 ones: mapped, compatible, NAT64, 6to4, Teredo.
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::127.0.0.1",
    "::ffff:0:10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808", "64:ff9b:1::a00:1",
    "2002:7f00:1::1", "2002:808:808::1", "2001:0:a00:1::1",
    # No addresses at all.
    "localhost", "", "1.2.3", "0x7f000001",
]  # fmt: skip
REFUSED = [
    "http://hooks.acme.example/x", "HTTP://hooks.acme.example/x", "ftp://hooks.acme.example/x",
    "file:///etc/passwd", "gopher://hooks.acme.example/", "//hooks.acme.example/x",
    "hooks.acme.example/x", "https://", "https:///x", "https://user@hooks.acme.example/",
    "https://user:secret@hooks.acme.example/", "https://@hooks.acme.example/",
    "https://hooks.acme.example:22/", "https://hooks.acme.example:80/",
    "https://hooks.acme.example:99999/", "https://hooks.acme.example:x/",
    "https://hooks.acme.example/#fragment", "https://hooks.acme.example\\@evil.example/",
    "https://hooks.acme.example/a b", "https://hooks.acme.example/\r\nHost: evil.example",
    "https://hooks.acme.example/\t", "https://höoks.acme.example/", "https://[::1/", "",
    f"https://hooks.acme.example/{'x' * 2_000}",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)
    target = Target("hooks.acme.example", 443, "/")
    with pytest.raises(ContractError) as refused:
        vetted(target, lambda host, port: [address])
    assert refused.value.code == "not_public"


def test_at_least_forty_targets_are_refused() -> None:
    assert len({*NOT_PUBLIC}) == len(NOT_PUBLIC) >= 40


@pytest.mark.parametrize("address", PUBLIC)
def test_a_near_miss_is_public(address: str) -> None:
    assert is_public(address)
    assert vetted(Target("a.example", 443, "/"), lambda host, port: [address]) == [address]


def test_every_ipv4_address_in_translation_is_refused_whatever_it_is() -> None:
    for address in (*PUBLIC[:6], *NOT_PUBLIC[:4]):
        number = int(ipaddress.IPv4Address(address))
        for prefix in ("::ffff:0:0", "64:ff9b::", "::"):
            inside = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + number)
            assert not is_public(str(inside))


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    """A name with both may be asked again until it gives the other."""
    mixed = ["93.184.215.14", "10.0.0.1"]
    with pytest.raises(ContractError):
        vetted(Target("a.example", 443, "/"), lambda host, port: mixed)


def test_the_name_is_looked_up_once_and_what_was_vetted_is_what_is_called() -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(f"{host}:{port}")
        return ["93.184.215.14"]

    assert vetted(Target("a.example", 8_443, "/"), resolve) == ["93.184.215.14"]
    assert asked == ["a.example:8443"]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_no_plain_https_is_refused(url: str) -> None:
    with pytest.raises(ContractError) as refused:
        target_of(url)
    assert refused.value.code == "target"
    assert "secret" not in refused.value.message


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.acme.example", Target("hooks.acme.example", 443, "/")),
        ("https://hooks.acme.example:8443/a?b=c", Target("hooks.acme.example", 8_443, "/a?b=c")),
        ("https://Hooks.Acme.example/A", Target("hooks.acme.example", 443, "/A")),
        ("https://[2606:2800::1]:443/", Target("2606:2800::1", 443, "/")),
        ("https://hooks.acme.example?x=1", Target("hooks.acme.example", 443, "/?x=1")),
    ],
)
def test_an_https_address_leads_where_it_says(url: str, target: Target) -> None:
    assert target_of(url) == target


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_switch_lets_this_machine_in_and_nothing_else(address: str) -> None:
    target = Target("localhost", 443, "/")
    assert vetted(target, lambda host, port: [address], loopback=True) == [address]
    for other in ("10.0.0.1", "169.254.169.254", "fe80::1", "0.0.0.0", "::ffff:127.0.0.1"):
        with pytest.raises(ContractError):
            vetted(target, _resolving(other), loopback=True)


def _resolving(address: str) -> Resolve:
    return lambda host, port: [address]
