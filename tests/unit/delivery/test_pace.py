"""Slots: one allocator for all runs, in waves, within the daily quota."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast.contract.errors import Retry
from changecast.customer.ledger.account_counters import next_report_seq
from changecast.customer.ledger.schema import Batch, Recipient, batch_key
from changecast.customer.ledger.send_slots import reserve_slots
from changecast.customer.ledger.table import Ledger
from changecast.customer.sending.pace import HORIZON, Pace, Wave, interleaved
from changecast.customer.sending.shared_quota import shared_pace
from testbed.doubles.clock import Clock
from testbed.doubles.dynamodb import Table
from testbed.doubles.ses import Ses

NOW = 1_000.0
PACE = Pace(14.0, None, enabled=True)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(Table(), "ledger", 10**7, 3_600.0, Clock().sleep)  # type: ignore[arg-type]


def slots(ledger: Ledger, groups: list[int], left: int | None = None) -> list[float]:
    return reserve_slots(ledger, groups, rate=10.0, horizon=60.0, left=left, now=NOW)[0]


def asked(ledger: Ledger, ses: Ses, later: float = 0.0) -> Pace:
    return shared_pace(ledger, ses, lambda: NOW + later)  # type: ignore[arg-type]


def test_groups_start_one_after_the_other(ledger: Ledger) -> None:
    assert slots(ledger, [25, 25, 10]) == [NOW, NOW + 2.5, NOW + 5.0]
    assert slots(ledger, [5]) == [NOW + 6.0]


def test_what_lies_beyond_the_horizon_gets_no_slot(ledger: Ledger) -> None:
    assert len(slots(ledger, [100] * 10)) == 7
    assert slots(ledger, [1]) == []


def test_what_is_left_of_the_day_is_not_promised_twice(ledger: Ledger) -> None:
    assert len(slots(ledger, [25, 25, 25], left=50)) == 2
    assert slots(ledger, [25], left=50) == []
    assert slots(ledger, [25], left=75) == [NOW + 5.0]


def test_reports_are_numbered_without_gaps(ledger: Ledger) -> None:
    assert [next_report_seq(ledger) for _ in range(3)] == [1, 2, 3]


def test_a_quota_of_minus_one_is_no_limit(ledger: Ledger) -> None:
    pace = asked(ledger, Ses(rate=14.0, most=-1.0))
    assert pace == Pace(14.0, None, enabled=True)
    assert pace.able


@pytest.mark.parametrize("rate", [0.0, 0.2])
def test_an_account_whose_rate_is_next_to_nothing_still_gets_slots(
    ledger: Ledger, rate: float
) -> None:
    pace = asked(ledger, Ses(rate=rate))
    assert pace.rate == 1.0
    assert Wave(ledger, pace, NOW).release([batch(ledger, "run", 1)])


def test_a_used_up_quota_sends_nothing(ledger: Ledger) -> None:
    assert not asked(ledger, Ses(most=0.0)).able


def test_an_operator_who_resumes_at_once_is_not_stopped_by_an_old_answer(ledger: Ledger) -> None:
    """The sweep read a moment ago that SES had paused the account, which it has not any more."""
    assert not asked(ledger, Ses(enabled=False)).enabled
    assert asked(ledger, Ses()).enabled


@pytest.mark.parametrize("answered", [429, 503])
def test_an_old_answer_that_stops_runs_is_not_used_where_ses_gives_no_new_one(
    ledger: Ledger, answered: int
) -> None:
    asked(ledger, Ses(enabled=False))
    with pytest.raises((Retry, ClientError)):
        asked(ledger, _refusing(answered), later=60.0)


@pytest.mark.parametrize("answered", [429, 503])
def test_an_old_answer_that_stops_nobody_is_used_where_ses_gives_no_new_one(
    ledger: Ledger, answered: int
) -> None:
    asked(ledger, Ses())
    assert asked(ledger, _refusing(answered), later=60.0).enabled


def _refusing(answered: int) -> Ses:
    ses = Ses()

    def get_account() -> dict[str, Any]:
        metadata = {"HTTPStatusCode": answered}
        raise ClientError({"Error": {}, "ResponseMetadata": metadata}, "GetAccount")  # type: ignore[typeddict-item]

    ses.get_account = get_account  # type: ignore[method-assign]
    return ses


def test_runs_take_turns_so_that_a_small_one_does_not_wait(ledger: Ledger) -> None:
    large = [batch(ledger, "large", number) for number in range(1, 400)]
    small = [batch(ledger, "small", 1)]
    released = Wave(ledger, PACE, NOW).release(interleaved([*large, *small]))
    (start,) = [found.not_before for found in released if found.run == "small"]
    assert start - NOW < 4
    assert max(found.not_before for found in released) - NOW <= HORIZON


def test_who_is_put_off_waits_behind_those_that_were_put_off_before(ledger: Ledger) -> None:
    """So a long list is looked at when its turn comes, and not as a whole each minute."""
    wave = Wave(ledger, PACE, NOW)
    groups = [[batch(ledger, f"run{n}", number) for number in range(100)] for n in range(4)]
    for group in groups:
        wave.release(group)
    waits = [_looked_at(ledger, group[-1]) - NOW for group in groups]
    took = 100 * 25 / 14.0
    assert waits == pytest.approx([n * took - HORIZON for n in range(1, 5)], abs=1.0)
    assert _looked_at(ledger, groups[0][-1]) < _looked_at(ledger, groups[1][0])


def _looked_at(ledger: Ledger, one: Batch) -> float:
    item = ledger.client.get_item(TableName="ledger", Key=batch_key(one.run, one.number))["Item"]
    return float(item["due_at"]["N"])


def batch(ledger: Ledger, run: str, number: int) -> Batch:
    item = {"pk": {"S": f"run#{run}#{number:05d}"}, "sk": {"S": "batch"}, "version": {"N": "0"}}
    ledger.client.put_item(TableName="ledger", Item=item)
    people = tuple(Recipient(f"{n}", f"p{n}@acme.example", "full") for n in range(25))
    return Batch(run, number, "CHG1", 1, recipients=people)
