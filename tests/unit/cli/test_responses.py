"""Answers as `status`, `history` and `responses` print them."""

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from typer.testing import CliRunner

from changecast_cli.main import app
from changecast_cli.terminal import out
from changecast_cli.watching import responses as command
from changecast_cli.watching.history import timeline
from changecast_cli.watching.runs import answered, run_of
from changecast_cli.watching.tables import runs_table

HOSTILE = "=HYPERLINK(1)\x1b[2J<b>bold</b>"
WINDOW = {"start": "2027-01-21T21:00:00Z", "end": "2027-01-21T22:30:00Z"}


def row(revision: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "customer": "acme",
        "change_id": "CHG-1",
        "revision": Decimal(revision),
        "state": "sent",
        "title": "Patch the hosts",
    } | fields


def summary(seq: int, approval: str = "none", **counts: int) -> dict[str, Any]:
    numbers = {"asked": 5, "acknowledged": 0, "approved": 0, "rejected": 0, "needed": 2,
               "reschedule_requested": 0} | counts  # fmt: skip
    return {
        "counts": {name: Decimal(number) for name, number in numbers.items()},
        "approval": approval,
        "report_seq": Decimal(seq),
        "wanted": [WINDOW["start"]] if counts.get("reschedule_requested") else [],
    }


def answer(**fields: Any) -> dict[str, Any]:
    return {
        "change_id": "CHG-1",
        "customer": "acme",
        "event_id": "5b1f0c9e",
        "responder": "6f1d0c2b",
        "revision": Decimal(1),
        "response": "acknowledged",
        "windows": [],
        "comment": "",
        "superseded_by": None,
        "recorded_at": "2027-01-16T08:05:00Z",
        "received_at": "2027-01-16T08:05:02Z",
    } | fields


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        (None, ""),
        (summary(1), ""),
        (summary(1, acknowledged=3), "3/5 acknowledged"),
        (summary(1, approved=2, rejected=1), "2 approved, 1 rejected"),
        (summary(1, "pending", approved=1), "approval pending (1 of 2)"),
        (summary(1, "approved", approved=2), "approved by 2"),
        (summary(1, "approved", approved=2, rejected=1), "approved by 2, 1 rejected"),
        (summary(1, "rejected", rejected=1), "1 rejected"),
        (summary(1, "rejected", approved=1, rejected=1), "1 approved, 1 rejected"),
        (summary(1, reschedule_requested=1), "asks for Thu 21 Jan"),
        (summary(1, reschedule_requested=2), "2 ask for Thu 21 Jan"),
    ],
)
def test_status_says_what_was_answered(counted: dict[str, Any] | None, said: str) -> None:
    run = run_of("CHG-1", [row(responses=counted)])
    assert answered(run["customers"]["acme"]) == said
    with out.capture() as capture:
        out.print(runs_table([run]))
    assert " ".join(said.split()) in " ".join(capture.get().split())


def test_answers_to_an_earlier_revision_count_for_the_change() -> None:
    rows = [row(1, responses=summary(4, approved=2)), row(2, responses=None), row(3)]
    assert answered(run_of("CHG-1", rows)["customers"]["acme"]) == "2 approved"


def test_history_names_answers_in_their_place() -> None:
    entries = timeline([], [], [], (), [answer(response="rejected", comment="Not now")])
    (entry,) = entries
    assert (entry["what"], entry["who"], entry["says"]) == (
        "rejected",
        "acme, 6f1d0c2b",
        "Not now",
    )


Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(out, "_width", 200)  # COLUMNS counts only for the first import
    given = [
        answer(response="approved"),
        answer(event_id="2", response="rejected", comment=HOSTILE, superseded_by=Decimal(2)),
        answer(event_id="3", responder="aaaa", response="reschedule_requested", windows=[WINDOW]),
    ]
    monkeypatch.setattr(command, "session", lambda *_: _NoAws())
    monkeypatch.setattr(command, "statuses", lambda *_: [row(responses=summary(1, rejected=1))])
    monkeypatch.setattr(command, "answers", lambda *_: given)

    def typed(*words: str) -> str:
        ran = CliRunner().invoke(app, ["responses", "CHG-1", *words])
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    return typed


class _NoAws:
    def resource(self, _: str) -> Any:
        return self

    def Table(self, _: str) -> None:  # noqa: N802 - boto3's name
        return None


def test_the_last_answer_of_each_person_is_shown(run: Run) -> None:
    shown = json.loads(run("--json"))
    assert [one["response"] for one in shown["responses"]] == ["rejected", "reschedule_requested"]
    assert shown["customers"]["acme"]["counts"]["rejected"] == 1
    assert len(json.loads(run("--json", "--all"))["responses"]) == 3


def test_without_a_report_nobody_knows_whether_people_can_answer(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for reported, said in ((None, "no report yet"), ("2027-01-16T08:05:00Z", "(Responses=no)")):
        monkeypatch.setattr(command, "statuses", lambda *_, at=reported: [row(reported_at=at)])
        assert said in run()


def test_a_comment_steers_no_terminal(run: Run) -> None:
    shown = run()
    assert "\x1b[2J" not in shown
    assert "HYPERLINK" in shown
    assert "2027-01-21 21:00 to 2027-01-21 22:30 UTC" in shown


def test_a_comment_is_no_formula_in_a_sheet(run: Run) -> None:
    rows = [*csv.DictReader(io.StringIO(run("--csv")))]
    assert rows[0]["comment"].startswith("'=HYPERLINK")
    assert rows[1]["windows"] == "2027-01-21 21:00 to 2027-01-21 22:30 UTC"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
