"""What a status says of customers that have not reported yet."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from changecast.contract.change import utc
from changecast.hub.routes import Route
from changecast_cli.watching import silence
from changecast_cli.watching.runs import run_of
from changecast_cli.watching.silence import MOST_LOOKED_AT, with_silence
from tests.support.builders import registered

NOW = datetime(2027, 1, 20, 22, 0, tzinfo=UTC)
HUB: Any = SimpleNamespace(client=lambda _: None)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The customers whose routes were looked at; every route has a disabled rule."""
    looked: list[str] = []

    def look_at(_: Any, __: Any, customer: Any) -> Route:
        looked.append(customer.code)
        return Route(f"the rule changecast-route-{customer.code} is disabled")

    acme = registered()["acme"]
    names = [f"c{number:03}" for number in range(100)]
    known = {name: replace(acme, code=name) for name in names}
    monkeypatch.setattr(
        silence, "read_customers", lambda _, codes: {code: known[code] for code in codes}
    )
    monkeypatch.setattr(silence, "look_at", look_at)
    return looked


def announced(count: int, ago: timedelta) -> Any:
    at = utc(NOW - ago)
    rows = [
        {"change_id": "CHG-1", "customer": f"c{number:03}", "revision": 1, "state": "announced",
         "announced_at": at}
        for number in range(count)
    ]  # fmt: skip
    return run_of("CHG-1", rows)


def test_a_status_knows_of_a_disabled_rule_as_early_as_a_wait(looked_at: list[str]) -> None:
    run = with_silence(HUB, announced(1, timedelta(seconds=6)), NOW)
    assert (
        "the rule changecast-route-c000 is disabled"
        in run["customers"]["c000"]["reason"]["message"]
    )


@pytest.mark.parametrize(
    ("ago", "looks"), [(1, 0), (6, MOST_LOOKED_AT), (59, MOST_LOOKED_AT), (61, 100)]
)
def test_of_many_customers_a_few_are_looked_at_early_and_all_after_a_minute(
    looked_at: list[str], ago: int, looks: int
) -> None:
    with_silence(HUB, announced(100, timedelta(seconds=ago)), NOW)
    assert len(looked_at) == looks
