"""Which reminders are expected, and what happens to one that is due."""

from dataclasses import replace
from datetime import timedelta

import pytest

from changecast.contract.errors import ContractError
from changecast.contract.reminder import MOST_REMINDERS, seconds_before, words_of
from changecast.customer.compose.times import rounded
from changecast.customer.ledger.due_reminders import DueReminder
from changecast.customer.ledger.schema import Run, reminder_run_id
from changecast.customer.planning.reminding import KnownRuns, Verdict, expected, outdated, verdict

START, HOUR, DAY = 1_800_000_000.0, 3_600, 86_400
BOTH = (DAY, HOUR)


def told(revision: int, at: float, starts_at: float = START) -> Run:
    """An announcement that was told at a time."""
    return Run(
        f"run{revision}", "CHG-1", revision, f"e{revision}", "f", "announcement", "announcements",
        True, at, "", complete=True, starts_at=starts_at,
    )  # fmt: skip


def reminded(before: float, starts_at: float = START) -> Run:
    run = reminder_run_id("CHG-1", starts_at, before)
    return replace(told(1, START - DAY, starts_at), run=run, kind="reminder", reminds=before)


def offsets_of(runs: list[Run], now: float) -> list[tuple[float, float]]:
    return [(due.before, due.due_at) for due in expected(runs, BOTH, now)]


def test_each_time_that_is_still_to_come_is_expected() -> None:
    assert offsets_of([told(1, START - 2 * DAY)], START - 2 * DAY) == [
        (DAY, START - DAY),
        (HOUR, START - HOUR),
    ]


@pytest.mark.parametrize(
    ("told_at", "left"), [(START - 5 * HOUR, [HOUR]), (START - HOUR / 2, []), (START + 1, [])]
)
def test_who_is_told_first_is_not_reminded_of_times_that_have_passed(
    told_at: float, left: list[float]
) -> None:
    assert [before for before, _ in offsets_of([told(1, told_at)], told_at)] == left


def test_a_window_that_moved_beyond_times_brings_one_reminder_for_all_of_them() -> None:
    runs = [told(1, START - 9 * DAY, START + 5 * DAY), told(2, START - HOUR / 2)]
    assert offsets_of(runs, START - HOUR / 2) == [(HOUR, START - HOUR / 2)]
    runs = [told(1, START - 9 * DAY, START + 5 * DAY), told(2, START - 5 * HOUR)]
    assert sorted(offsets_of(runs, START - 5 * HOUR)) == [
        (HOUR, START - HOUR),
        (DAY, START - 5 * HOUR),
    ]


def test_a_revision_that_moves_nothing_changes_nothing() -> None:
    runs = [told(1, START - 2 * DAY), told(2, START - 5 * HOUR)]
    assert offsets_of(runs, START - 5 * HOUR) == [(DAY, START - DAY), (HOUR, START - HOUR)]


def test_nothing_is_expected_of_a_change_that_will_not_start() -> None:
    assert offsets_of([told(1, START - 2 * DAY), told(2, START - DAY, 0.0)], START - DAY) == []
    assert offsets_of([], START) == []


def due(before: float, starts_at: float = START) -> DueReminder:
    return DueReminder("CHG-1", starts_at, float(before))


ANNOUNCED = [told(1, START - 2 * DAY)]


@pytest.mark.parametrize(
    ("standing", "reminders", "before", "now", "becomes"),
    [
        (ANNOUNCED, [], DAY, START - DAY, Verdict.PLAN),
        (ANNOUNCED, [reminded(DAY)], HOUR, START - HOUR, Verdict.PLAN),
        (ANNOUNCED, [reminded(DAY)], DAY, START - DAY, Verdict.SETTLED),
        (ANNOUNCED, [reminded(HOUR)], DAY, START - 2 * HOUR, Verdict.SETTLED),
        (ANNOUNCED, [replace(reminded(DAY), complete=False)], DAY, START - DAY, Verdict.PLAN),
        (ANNOUNCED, [], DAY, START - HOUR, Verdict.SETTLED),
        (ANNOUNCED, [], HOUR, START, Verdict.SETTLED),
        (ANNOUNCED, [], 2 * HOUR, START - HOUR, Verdict.SETTLED),
        ([told(1, START - 2 * DAY, START + 1)], [], DAY, START - DAY, Verdict.SETTLED),
        ([replace(ANNOUNCED[0], paused=True)], [], DAY, START - DAY, Verdict.LATER),
        ([replace(ANNOUNCED[0], complete=False)], [], DAY, START - DAY, Verdict.LATER),
        ([], [], DAY, START - DAY, Verdict.SETTLED),
    ],
    ids=[
        "due", "the next one", "planned before", "a later one was planned", "was interrupted",
        "the last one speaks for all", "the change has started", "no longer wanted",
        "another window", "paused", "being planned", "unknown",
    ],
)  # fmt: skip
def test_what_becomes_of_a_reminder(
    standing: list[Run], reminders: list[Run], before: float, now: float, becomes: Verdict
) -> None:
    assert verdict(due(before), KnownRuns(standing, reminders), BOTH, now) is becomes


def test_only_reminders_of_another_window_are_outdated_until_their_end_is_reported() -> None:
    old = reminded(DAY, START + 1)
    unreported = replace(old, superseded=True)
    reported = replace(unreported, ended_at=START)
    known = KnownRuns(ANNOUNCED, [reminded(DAY), old, unreported, reported])
    assert outdated(known) == [old, unreported]


@pytest.mark.parametrize(
    ("setting", "seconds"),
    [
        ("", ()), ("none", ()), ("24h,1h", (DAY, HOUR)), ("1h, 24h", (DAY, HOUR)),
        ("1d,24h,30min", (DAY, 1_800)), ("1h,2h,3h,4h", (14_400, 10_800, 7_200, 3_600)),
    ],
)  # fmt: skip
def test_a_setting_is_read_as_it_is_meant(setting: str, seconds: tuple[int, ...]) -> None:
    assert seconds_before(setting) == seconds


@pytest.mark.parametrize(
    "setting", ["24", "0h", "1w", "24h;1h", "-1h", "1.5h", "24h,", "h", "yes", "1h,2h,3h,4h,5h"]
)
def test_a_setting_that_is_none_is_refused_with_what_to_write(setting: str) -> None:
    with pytest.raises(ContractError, match=f"up to {MOST_REMINDERS} times separated by commas"):
        seconds_before(setting)


@pytest.mark.parametrize(
    ("before", "words"), [(DAY, "24h"), (HOUR, "1h"), (1_800, "30min"), (5_400, "90min")]
)
def test_a_time_before_the_start_has_one_spelling(before: float, words: str) -> None:
    assert words_of(before) == words
    assert seconds_before(words) == (before,)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(DAY - 70, DAY), (7 * DAY - 100, 7 * DAY), (HOUR - 65, HOUR), (1_800 - 80, 1_800),
     (9 * 60 + 40, 10 * 60), (20, 0), (5 * HOUR + 700, 5 * HOUR + 900)],
)  # fmt: skip
def test_a_mail_that_leaves_late_says_the_length_that_was_meant(seconds: float, said: int) -> None:
    assert rounded(timedelta(seconds=seconds)) == timedelta(seconds=said)
