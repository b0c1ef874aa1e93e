"""Whether SES's events arrive."""

from collections import Counter
from dataclasses import replace

import pytest

from changecast.channel import Channel, is_open
from changecast.states import State
from tests.unit.delivery.test_reports import run

RUN = replace(run(), started_at=1_000.0)


@pytest.mark.parametrize(
    ("waiting", "heard_at", "accepted", "is_heard"),
    [
        (0, 1_001.0, 3, True),
        (0, 985.0, 3, True),  # a clock that is 15 s wrong
        (0, 900.0, 3, False),
        (0, 900.0, 0, True),
        (0, 0.0, 0, False),
        (1, 1_001.0, 3, False),
        (1, 1_001.0, 0, False),
    ],
)
def test_a_channel_is_open_where_nothing_waits_and_ses_spoke(
    waiting: int, heard_at: float, accepted: int, *, is_heard: bool
) -> None:
    counted = Counter({State.SENT: accepted, State.UNKNOWN: 1})
    assert is_open(Channel(waiting, heard_at), RUN, counted) is is_heard
