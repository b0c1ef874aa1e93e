"""Whether SES's events arrive."""

from collections import Counter
from dataclasses import replace

import pytest

from changecast.customer.ledger.evidence import EventFlow, is_flowing
from changecast.customer.ledger.schema import BatchCounts
from changecast.customer.ledger.states import State
from tests.unit.delivery.test_reports import run

RUN = replace(run(), started_at=1_000.0)


@pytest.mark.parametrize(
    ("waiting", "last_event_at", "accepted_at", "is_heard"),
    [
        (0, 1_001.0, (1_001.0,), True),
        (0, 986.0, (1_001.0,), True),  # a clock that is 15 s wrong
        (0, 900.0, (1_001.0,), False),
        (0, 1_300.0, (1_001.0, 1_310.0), True),
        (0, 1_002.0, (1_001.0, 1_310.0), False),  # it stopped in the middle of the run
        (0, 1_001.0, (0.0,), True),  # a batch of an older version: since the run began
        (0, 900.0, (0.0,), False),
        (0, 900.0, (), True),
        (0, 0.0, (), False),
        (1, 1_001.0, (1_001.0,), False),
        (1, 1_001.0, (), False),
    ],
)
def test_events_flow_where_nothing_waits_and_ses_sent_one(
    waiting: int, last_event_at: float, accepted_at: tuple[float, ...], *, is_heard: bool
) -> None:
    nobody = BatchCounts(Counter({State.UNKNOWN: 1}), 0.0)
    heads = [nobody, *(BatchCounts(Counter({State.SENT: 1}), at) for at in accepted_at)]
    assert is_flowing(EventFlow(waiting, last_event_at), RUN, heads) is is_heard
