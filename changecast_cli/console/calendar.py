"""The next four weeks, day by day: a bar for each change, freezes shaded, clashes named. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from changecast.contract.change import Window
from changecast.hub.tracking.freezes import CustomerFreezes
from changecast_cli.console.board import Standing
from changecast_cli.console.moments import Clock

DAYS = 28
# The most clashes that are listed for a change, and customers for a clash.
CLASHES, NAMES = 4, 5


@dataclass(frozen=True)
class Cell:
    """Some days in a row: `bar` is the change's window, `frozen` names the freezes."""

    days: int
    bar: bool = False
    frozen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A change with its window and its customers."""

    standing: Standing
    window: Window
    customers: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A change in the calendar; `clashes` describes its conflicts."""

    plan: Plan
    cells: tuple[Cell, ...]
    clashes: tuple[str, ...]


def days_from(now: datetime, clock: Clock) -> list[date]:
    """Return the days of the calendar, from today."""
    today = clock.local(now).date()
    return [today + timedelta(days=number) for number in range(DAYS)]


def planned(standings: Iterable[Standing], days: Sequence[date], clock: Clock) -> list[Plan]:
    """Return the open changes whose windows are in these days, by start."""
    plans = [
        Plan(standing, window, standing.customers)
        for standing in standings
        if standing.is_open and (window := standing.window)
        if set(days).intersection(clock.days(window.start, window.end))
    ]
    return sorted(plans, key=lambda plan: plan.window.start)


def lines(
    shown: Iterable[Plan],
    every: Iterable[Plan],
    freezes: Mapping[str, CustomerFreezes],
    days: Sequence[date],
    clock: Clock,
) -> list[Line]:
    """Return the lines of the changes `shown`, with clashes among `every`."""
    by_customer: dict[str, list[Plan]] = {}
    for plan in every:
        for code in plan.customers:
            by_customer.setdefault(code, []).append(plan)
    return [_line(plan, by_customer, freezes, days, clock) for plan in shown]


def _line(
    plan: Plan,
    by_customer: Mapping[str, Sequence[Plan]],
    freezes: Mapping[str, CustomerFreezes],
    days: Sequence[date],
    clock: Clock,
) -> Line:
    own = {code: freezes[code] for code in plan.customers if code in freezes}
    bar = set(clock.days(plan.window.start, plan.window.end))
    cells = _cells(days, bar, _frozen_days(own, days, clock))
    clashes = [*_freezes_met(own, plan.window), *_changes_met(plan, by_customer)]
    more = len(clashes) - CLASHES
    told = [*clashes[:CLASHES], *([f"and {more} more clashes"] if more > 0 else [])]
    return Line(plan, tuple(cells), tuple(told))


def _cells(
    days: Sequence[date], bar: set[date], frozen: Mapping[date, tuple[str, ...]]
) -> Iterator[Cell]:
    """Yield one cell for the bar and one for each other day, so that columns are days."""
    for is_bar, group in groupby(days, key=lambda day: day in bar):
        span = list(group)
        if is_bar:
            names = dict.fromkeys(name for day in span for name in frozen.get(day, ()))
            yield Cell(len(span), bar=True, frozen=tuple(names))
        else:
            yield from (Cell(1, frozen=frozen.get(day, ())) for day in span)


def _frozen_days(
    freezes: Mapping[str, CustomerFreezes], days: Sequence[date], clock: Clock
) -> dict[date, tuple[str, ...]]:
    found: dict[date, list[str]] = {}
    for code, one in freezes.items():
        for time in one.times:
            span = clock.days(datetime.fromisoformat(time.start), datetime.fromisoformat(time.end))
            if span[-1] >= days[0] and span[0] <= days[-1]:
                for day in span:
                    found.setdefault(day, []).append(f"{code}: {time.name}")
    return {day: tuple(names) for day, names in found.items()}


def _freezes_met(freezes: Mapping[str, CustomerFreezes], window: Window) -> Iterator[str]:
    for code, one in freezes.items():
        for time in one.times:
            start, end = datetime.fromisoformat(time.start), datetime.fromisoformat(time.end)
            if start < window.end and window.start < end:
                yield f"in the freeze {time.name!r} of {code}"


def _changes_met(plan: Plan, by_customer: Mapping[str, Sequence[Plan]]) -> Iterator[str]:
    met: dict[str, list[str]] = {}
    for code in plan.customers:
        for other in by_customer.get(code, ()):
            if other is not plan and _overlap(plan.window, other.window):
                met.setdefault(other.standing.change_id, []).append(code)
    for change_id, codes in met.items():
        more = f" and {len(codes) - NAMES} more" if len(codes) > NAMES else ""
        yield f"at the same time as {change_id} at {', '.join(codes[:NAMES])}{more}"


def _overlap(one: Window, other: Window) -> bool:
    return one.start < other.end and other.start < one.end
