"""Whose trace a message belongs to: what its sender wrote is believed only if it is one."""

import pytest

from changecast.lambdas.tracing import sender_trace_id

ROOT = "1-65a63f3c-8f5b4c1f9a0d2e7b6c4d1a90"


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        (f"Root={ROOT};Parent=5abd3fddb945935d;Sampled=1", ROOT),
        (f"Self=1;Root={ROOT}", ROOT),
        ("Root=" + "1" * 495, ""),
        (f"Root={ROOT}\n", ""),
        ("Root=;;==;", ""),
        ("nonsense", ""),
    ],
)
def test_a_trace_is_taken_from_a_message_only_if_x_ray_would_know_it(
    header: str, trace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    assert sender_trace_id({"attributes": {"AWSTraceHeader": header}}) == trace
