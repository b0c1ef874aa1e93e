"""Which reminders of a change to expect, and what to do with one that is due. Pure.

A reminder belongs to one window. Its key is the change, the window's start, and how long before the
start it is due. All other facts are read from the runs, so a moved window needs no notification
here.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from changecast.customer.ledger.due_reminders import DueReminder
from changecast.customer.ledger.schema import Run
from changecast.customer.planning.decision import SILENT


class Verdict(StrEnum):
    """What to do with a reminder that is due."""

    PLAN = "plan"
    LATER = "later"
    SETTLED = "settled"


class KnownRuns(NamedTuple):
    """This account's runs of a change: valid announcements, oldest first, and reminders.

    `void` are discarded announcements.
    """

    standing: Sequence[Run]
    reminders: Sequence[Run]
    void: Sequence[Run] = ()

    @property
    def starts_at(self) -> float:
        """The change's start (epoch seconds); 0 if people may not be reminded of it."""
        return self.standing[-1].starts_at if self.standing else 0.0


def expected(standing: Sequence[Run], offsets: Sequence[int], now: float) -> Iterator[DueReminder]:
    """Yield the reminders of a change after planning, each with its time.

    A time that had passed when the window was announced gets no reminder. If the window was moved
    so close that some times have passed, people get one reminder at once, because they may have
    missed the move.

    Args:
        standing: This account's valid announcements of the change, oldest first.
        offsets: When to remind people, in seconds before the start.
        now: Epoch seconds.
    """
    starts_at = standing[-1].starts_at if standing else 0.0
    if not starts_at or starts_at <= now:
        return
    first, moved = _first_told(standing)
    passed = [offset for offset in offsets if starts_at - offset <= first.started_at]
    for offset in offsets:
        if offset not in passed:
            due_at = starts_at - offset
            yield DueReminder(standing[-1].change_id, starts_at, float(offset), due_at)
    if moved and passed:
        yield DueReminder(standing[-1].change_id, starts_at, float(min(passed)), first.started_at)


def _first_told(standing: Sequence[Run]) -> tuple[Run, bool]:
    """Return the first run with the current start, and whether an earlier run had another start."""
    starts_at, first = standing[-1].starts_at, standing[-1]
    for at in range(len(standing) - 1, -1, -1):
        if standing[at].starts_at != starts_at:
            before = (run.starts_at for run in standing[: at + 1])
            return first, any(start not in (0.0, starts_at) for start in before)
        first = standing[at]
    return first, False


def verdict(due: DueReminder, known: KnownRuns, offsets: Sequence[int], now: float) -> Verdict:
    """Return what to do with a reminder now.

    It waits while an announcement of the change is paused, because people who were not told of a
    change cannot be reminded of it. If several reminders are due, only the last one is sent.
    """
    asked = expected(known.standing, offsets, now)
    if (due.starts_at, due.before) not in {(each.starts_at, each.before) for each in asked}:
        return Verdict.SETTLED
    if any(offset < due.before and due.starts_at - offset <= now for offset in offsets):
        return Verdict.SETTLED
    if any(_speaks_for(run, due) for run in known.reminders):
        return Verdict.SETTLED
    waits = any(run.paused or not run.complete for run in known.standing if not run.superseded)
    return Verdict.LATER if waits else Verdict.PLAN


def _speaks_for(run: Run, due: DueReminder) -> bool:
    """Return whether a reminder of the same window makes this one unnecessary."""
    if run.starts_at != due.starts_at or run.reminds > due.before:
        return False
    return run.complete or run.run != due.run


def outdated(known: KnownRuns) -> list[Run]:
    """Return the reminders to end. They are returned until their end is reported.

    They are of windows that the change no longer has, or they are planned and still tell what a
    newer announcement has changed. A planner that ended one may have died before it requested the
    report.
    """
    told = [run.revision for run in known.standing if run.material and run.kind != SILENT]
    return [
        run
        for run in known.reminders
        if (run.starts_at != known.starts_at or _is_stale(run, max(told, default=0)))
        and not (run.superseded and run.ended_at)
    ]


def _is_stale(run: Run, told: int) -> bool:
    """Return whether mails of a reminder would tell less than the revision that people are told.

    A reminder that is not planned completely will tell that revision.
    """
    return run.complete and not run.ended_at and run.revision < told
