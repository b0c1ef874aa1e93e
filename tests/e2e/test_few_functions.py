"""A new account may run few functions at once: everything still finishes, but more slowly."""

from collections.abc import Iterator

import pytest

from changecast_cli.announcing.results import final_run
from tests.support.provider import Provider, document


@pytest.fixture
def two_at_once(provider: Provider) -> Iterator[Provider]:
    """The account of acme may run two functions at a time, so that its queues must wait."""
    account = provider.account("acme")
    provider.cloud.add_fault(account, "limits", concurrent_executions=2)
    yield provider
    provider.cloud.clear_faults(account)


def test_announcements_at_once_are_all_sent(two_at_once: Provider) -> None:
    announced = [two_at_once.announce(document(customers=["acme"])) for _ in range(5)]
    hub = two_at_once.hub()
    for one in announced:
        run = final_run(hub, one, 120)
        assert run["customers"]["acme"]["state"] == "sent"
