"""Figures of the report page: mails by state, timelines, the fan-out. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from changecast_cli.report.earlier import counts_of
from changecast_cli.trace.text import said
from changecast_cli.watching.runs import Run, is_bad, is_final

# The picture's measures in its own units: height of a customer, margins, start of names.
ROW, TOP, LABEL = 40, 16, 216
WAITING = "waiting"
MOST, MOST_OF_CHANGE = 40, 100
_WORST, _GOING, _GOOD = _RANK = ("bad", "going", "good")


class Part(NamedTuple):
    """A part of a bar: the state, the number of mails, and its share in percent."""

    state: str
    number: int
    percent: float


class Branch(NamedTuple):
    """One customer in the fan-out: the end of its line, its state, its number of mails."""

    code: str
    y: int
    tone: str
    mails: int
    changes: int

    @property
    def says(self) -> str:
        """The text under the customer's code."""
        changes = f"{self.changes} change{'' if self.changes == 1 else 's'}"
        return f"{changes}, {self.mails} mail{'' if self.mails == 1 else 's'}"


def mails_by_state(counts: dict[str, int]) -> list[Part]:
    """Return a run's planned mails by state, each mail once, in the order of states."""
    settled = {name: counts[name] for name in ("delivered", "bounced", "complained", "suppressed")}
    accepted = max(0, counts["sent"] - sum(settled.values()))
    open_ = {name: counts[name] for name in ("failed", "unknown", "held")}
    states = {**settled, "accepted by SES": accepted, **open_}
    states[WAITING] = max(0, counts["planned"] - sum(states.values()))
    whole = sum(states.values())
    return [
        Part(state, number, round(number / whole * 100, 2))
        for state, number in states.items()
        if number
    ]


def timeline(customer: dict[str, Any], longest: float) -> dict[str, Any] | None:
    """Return the times from announcement to first and last mail, in percent of the slowest.

    None if the customer's account has not reported.
    """
    if not (customer["announced_at"] and customer["started_at"]):
        return None
    waited = _between(customer["announced_at"], customer["started_at"])
    took = _between(customer["announced_at"], customer["ended_at"]) or waited
    return {
        "waited": round(waited / longest * 100, 2),
        "worked": round(max(took - waited, 0) / longest * 100, 2),
        "says": f"planned after {said(waited)}"
        + (f", done after {said(took)}" if customer["ended_at"] else ", not done yet"),
    }


def longest_of(run: Run) -> float:
    """Return the seconds from the announcement to the slowest customer's end, at least one."""
    ends = [
        _between(one["announced_at"], one["ended_at"] or one["started_at"])
        for one in run["customers"].values()
        if one["announced_at"]
    ]
    return max([1.0, *ends])


def fan_out(runs: Iterable[Run]) -> tuple[list[Branch], int]:
    """Return the customers of these runs by code, and how many more there are.

    If they are too many for a picture, those in trouble come first.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        for code, customer in run["customers"].items():
            found.setdefault(code, []).append(customer)
    codes = sorted(found)
    if len(codes) > MOST:
        codes.sort(key=lambda code: _RANK.index(tone_of(found[code])))
    drawn = [
        Branch(
            code,
            TOP + number * ROW + ROW // 2,
            tone_of(found[code]),
            sum(counts_of(one)["sent"] for one in found[code]),
            len(found[code]),
        )
        for number, code in enumerate(codes[:MOST])
    ]
    return drawn, len(codes) - len(drawn)


def worst_first(
    customers: Mapping[str, dict[str, Any]],
) -> tuple[list[tuple[str, dict[str, Any]]], int]:
    """Return a change's customers by code, at most MOST_OF_CHANGE, and how many more there are.

    If they are too many for a page, those in trouble come first.
    """
    listed = list(customers.items())
    if len(listed) > MOST_OF_CHANGE:
        listed.sort(key=lambda pair: _RANK.index(tone_of([pair[1]])))
    return listed[:MOST_OF_CHANGE], max(0, len(listed) - MOST_OF_CHANGE)


def width_of(branches: Iterable[Branch]) -> int:
    """Return how wide the picture must be for the longest line beside it, in its own units."""
    longest = (max(9 * len(one.code), 7.5 * len(one.says)) for one in branches)
    return LABEL + int(max([124, *longest]))


def tone_of(customers: Iterable[dict[str, Any]]) -> str:
    """Return `bad` if somebody missed a mail, `going` if it is not over, else `good`."""
    every = list(customers)
    if any(is_bad(one) for one in every):
        return _WORST
    return _GOOD if all(is_final(one) for one in every) else _GOING


def _between(begin: str, end: str | None) -> float:
    """Return the seconds, never negative, because two accounts' clocks may differ."""
    if not end:
        return 0.0
    return max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds())
