"""The table that people read."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from changecast_cli.watching.runs import run_of
from changecast_cli.watching.tables import age, runs_table

NOW = datetime(2027, 1, 1, 12, 0, tzinfo=UTC)
CHANGE = "CHG-20270114-k3p9xa-with-a-long-name-as-some-systems-give-them-out"


def row(customer: str, state: str, **more: Any) -> dict[str, Any]:
    return {"change_id": CHANGE, "customer": customer, "revision": 3, "state": state, **more}


ROWS = [
    row(
        "acme",
        "failed",
        title="Patch the hosts",
        announced_at="2027-01-01T11:00:00Z",
        counts={"planned": 5, "sent": 2, "failed": 3},
        reason={"message": "MessageRejected: the [red]address[/red] is not verified"},
    ),
    row("globex", "forwarded_no_report"),
    row("initech", "sent", revision=2),
]


def shown(width: int) -> str:
    console = Console(width=width, file=io.StringIO())
    console.print(runs_table([run_of(CHANGE, ROWS)], NOW))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    "said",
    ["acme", "✗ failed", "2/5", "1 h ago", "[red]address[/red]", "Patch the hosts", "rev 3",
     "still at revision 2"],
)  # fmt: skip
def test_the_table_says_who_got_what_and_why_not(said: str) -> None:
    assert said in shown(140)


@pytest.mark.parametrize("said", [CHANGE, "globex", "✗ forwarded no report", "verified", "2/5"])
def test_on_a_narrow_terminal_nothing_is_cut_off_and_no_id_is_folded(said: str) -> None:
    assert said in shown(80)
    assert "…" not in shown(80)
    assert max(map(len, shown(80).splitlines())) <= 80


@pytest.mark.parametrize("width", [50, 80, 140])
def test_state_and_reason_are_readable_on_every_screen(width: int) -> None:
    lines = shown(width).splitlines()
    assert max(map(len, lines)) <= width
    (failed,) = [number for number, line in enumerate(lines) if "✗ failed" in line]
    assert "acme" in lines[failed]
    reason = " ".join(" ".join(lines[failed : failed + 4]).split())
    assert "MessageRejected: the [red]address[/red] is not verified" in reason
    assert any("globex" in line and "✗ forwarded no report" in line for line in lines)
    assert "2/5" in shown(width)


def test_a_title_without_room_beside_the_id_has_a_line_of_its_own() -> None:
    assert shown(140).splitlines()[0].endswith("Patch the hosts")
    first, second, *_ = shown(90).splitlines()
    assert first.startswith(CHANGE)
    assert second == "  Patch the hosts"


@pytest.mark.parametrize("width", [80, 140])
def test_a_customer_that_has_not_reported_is_said_with_how_long_and_until_when(width: int) -> None:
    silent = row("acme", "announced", announced_at="2027-01-01T11:57:00Z",
                 deadline="2027-01-01T12:12:00Z")  # fmt: skip
    console = Console(width=width, file=io.StringIO())
    console.print(runs_table([run_of(CHANGE, [silent])], NOW))
    said = " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]
    assert "no report for 3 min, alert due at 12:12 UTC" in said


def test_changes_stand_under_each_other_in_the_same_columns() -> None:
    other = {**run_of("CHG-2", [row("a-much-longer-customer-code", "sent")]), "title": ""}
    console = Console(width=140, file=io.StringIO())
    console.print(runs_table([run_of(CHANGE, ROWS), other], NOW))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len({line.index("0/0") + 3 for line in lines if "0/0" in line}) == 1
    assert sum("CUSTOMER" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("since", "said"),
    [
        ("2027-01-01T11:59:30Z", "30 s"),
        ("2027-01-01T11:45:00Z", "15 min"),
        ("2026-12-30T11:00:00Z", "2 d"),
        ("2027-01-01T12:00:05Z", "0 s"),
        (None, ""),
    ],
)
def test_age_is_said_in_one_unit(since: str | None, said: str) -> None:
    assert age(since, NOW) == said


def heading(announced_at: str) -> str:
    console = Console(width=160, file=io.StringIO())
    console.print(
        runs_table([run_of("CHG-1", [row("acme", "sent", announced_at=announced_at)])], NOW)
    )
    return console.file.getvalue().splitlines()[0]  # type: ignore[attr-defined,no-any-return]


def test_an_announcement_of_a_day_to_come_is_not_called_new() -> None:
    assert "2039-05-01 10:00 UTC, which is in the future" in heading("2039-05-01T10:00:00Z")
    assert " ago" not in heading("2039-05-01T10:00:00Z")
    assert "0 s ago" in heading("2027-01-01T12:00:30Z")  # two clocks may differ a little


def test_the_reason_of_a_rejected_event_is_said_once() -> None:
    reason = {"code": "schema", "message": "names no customer"}
    console = Console(width=160, file=io.StringIO())
    rejected = row("acme", "rejected", reason=reason, rejection=reason)
    console.print(runs_table([run_of("CHG-1", [rejected])], NOW))
    assert console.file.getvalue().count("names no customer") == 1  # type: ignore[attr-defined]
