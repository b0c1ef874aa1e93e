"""Whether the doctor checks DNS: records of the embedded cloud are published nowhere."""

import pytest

from changecast_cli.doctor.command import _default_dns


@pytest.mark.parametrize(
    ("endpoint", "how"),
    [
        ("", "ask"),
        ("https://vpce-1.example", "ask"),
        ("http://127.0.0.1:4566", "skip"),
        ("http://localhost:4566", "skip"),
    ],
)
def test_dns_is_checked_on_aws_only(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, how: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert _default_dns([]) == how
