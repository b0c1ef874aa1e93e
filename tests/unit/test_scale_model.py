"""The scale model: the same seed the same day, mails at their rate, accounts that share nothing."""

import statistics

import pytest

from benchmarks.embedded_model import Seen, to_last_mail
from benchmarks.scale_model import Case, Latencies, Outcome, World
from changecast.customer.ledger.ses_requests import APART

UNITS = {
    "PlanDelivery.cpu_ms": {"per_run": 80.0, "per_mail": 0.3},
    "PlanDelivery.calls": {"per_run": 25.0, "per_mail": 0.05},
    "TrackStatus.cpu_ms": {"per_run": 60.0, "per_mail": 0.1},
    "reports": {"per_run": 4.0, "per_mail": 0.01},
}


def day(*numbers: int, seed: int = 1) -> Outcome:
    return World(Case(*numbers), UNITS, Latencies(), seed, most=2).day()


def test_the_same_seed_is_the_same_day() -> None:
    assert day(30, 50, 100) == day(30, 50, 100)
    assert day(30, 50, 100).to_last_mail != day(30, 50, 100, seed=2).to_last_mail


@pytest.mark.parametrize("people", [100, 1_000, 10_000])
def test_a_list_takes_its_time_at_the_accounts_rate_and_little_more(people: int) -> None:
    (took, _) = day(2, 1, people).to_last_mail
    assert people / 14 < took < 1.05 * people / 14 + 5


def test_announcements_at_once_share_a_reading_and_those_after_it_wait_for_a_turn() -> None:
    account = World(Case(1, 1, 3_000), UNITS, Latencies(), 1, most=1).accounts[0]
    first, second, third = (account._read_list() for _ in range(3))
    assert first == pytest.approx(4 * APART)  # four pages and the quota, the first at once
    assert second == third == pytest.approx(5 * APART + 4 * APART)


def test_more_customers_make_nobody_slower_but_for_the_time_that_the_hub_forwards() -> None:
    few, many = (statistics.median(day(number, 10, 100).to_last_mail) for number in (30, 10_000))
    assert few < many < few + 10_000 / 4_500


def test_what_a_day_cannot_send_is_not_said_to_be_sent() -> None:
    assert day(2, 20, 100_000).unfinished > 0


def test_every_mail_of_an_account_waits_for_the_others_before_it() -> None:
    seen = {
        name: Seen(1.0, 1.0)
        for name in ("PlanDelivery", "SendMail", "RecordOutcome", "ReportDelivery", "TrackStatus")
    }
    assert to_last_mail(seen, customers=1, people=25, workers=1) == 2.0
    assert to_last_mail(seen, customers=4, people=25, workers=4) == 2.0
    assert to_last_mail(seen, customers=4, people=25, workers=2) >= 4.0
