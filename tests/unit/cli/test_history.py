"""The record of a change, in order."""

import io
from typing import Any

import pytest
from rich.console import Console

from changecast.hub.tracking.operator_actions import Action, OperatorAction
from changecast.hub.tracking.revisions import Record
from changecast_cli.terminal import out
from changecast_cli.watching import history
from changecast_cli.watching.announced_by import short
from changecast_cli.watching.history import _table, folded, timeline
from changecast_cli.watching.recipients import masked

MARIA = "arn:aws:sts::111111111111:assumed-role/Ops/maria"
RECORD = Record("CHG-1", 1, "h", ("acme",), ("globex",), MARIA, "2027-01-02T10:00:00Z", "e", "t",
                "approved", True)  # fmt: skip


def report(at: str, state: str, **more: Any) -> dict[str, Any]:
    return {"received_at": at, "revision": 1, "customer": "acme", "state": state,
            "counts": {"planned": 5, "sent": 0}, **more}  # fmt: skip


def test_all_that_was_announced_and_reported_stands_in_the_order_in_which_the_hub_heard() -> None:
    again = {"revision": 1, "to": "acme", "announced_at": "2027-01-02T10:00:07Z",
             "announced_by": MARIA}  # fmt: skip
    wrong_clock = report("2027-01-02T10:00:05Z", "planned", started_at="1999-01-01T00:00:00Z")
    reports = [
        report("2027-01-02T10:00:09Z", "paused", reason={"message": "over the quota"}),
        wrong_clock,
    ]
    entries = timeline([RECORD], [again], reports)
    assert [(entry["what"], entry["says"]) for entry in entries] == [
        ("announced", "approved, to acme, withdrawn for globex"),
        ("planned", "5 planned"),
        ("announced again", "to acme alone"),
        ("paused", "5 planned; over the quota"),
    ]


def test_what_a_customer_repeats_is_shown_once_with_how_often_and_when_last() -> None:
    minutes = [report(f"2027-01-02T10:0{n}:00Z", "paused", reason={"message": "q"}) for n in (1, 3)]
    between = report("2027-01-02T10:02:00Z", "paused", customer="globex", reason={"message": "q"})
    later = report("2027-01-02T10:04:00Z", "sent")
    again = report("2027-01-02T10:05:00Z", "paused", reason={"message": "q"})
    lines = folded(timeline([], [], [*minutes, between, later, again]))
    assert [(line["who"], line["what"], line["times"]) for line in lines] == [
        ("acme", "paused", 2), ("globex", "paused", 1), ("acme", "sent", 1), ("acme", "paused", 1),
    ]  # fmt: skip
    assert (lines[0]["at"], lines[0]["last"]) == ("2027-01-02T10:01:00Z", "2027-01-02T10:03:00Z")


def test_reports_that_only_count_further_are_one_line_with_the_newest_numbers() -> None:
    going = [
        report(f"2027-01-02T10:0{n}:00Z", "sending", counts={"planned": 60, "sent": n * 10})
        for n in range(1, 7)
    ]
    (line,) = folded(timeline([], [], going))
    assert (line["says"], line["times"]) == ("60 planned, 60 sent", 6)


def test_reports_of_two_revisions_and_a_reminder_that_alternate_are_one_line_each() -> None:
    """A customer's late events about revision 1 arrive between those about revision 2."""
    before = {"reminder": {"before": "24h", "window_start": "2027-01-03T10:00:00Z"}}
    kinds: list[dict[str, Any]] = [{"revision": 1}, {"revision": 2}, {"revision": 2, **before}]
    reports = [
        report(f"2027-01-02T10:0{minute}:0{number}Z", "sent", **kind)
        for minute in range(3)
        for number, kind in enumerate(kinds)
    ]
    lines = folded(timeline([], [], reports))
    assert [(line["revision"], line["what"], line["times"]) for line in lines] == [
        (1, "sent", 3), (2, "sent", 3), (2, "reminder 24h sent", 3),
    ]  # fmt: skip


def test_an_action_on_one_revision_separates_only_its_reports() -> None:
    resumed = OperatorAction("CHG-1", 2, "acme", Action.RESUMED, MARIA, "2027-01-02T10:02:00Z")
    reports = [
        report(f"2027-01-02T10:0{minute}:00Z", "paused", revision=revision, reason={"message": "q"})
        for minute in (1, 3)
        for revision in (1, 2)
    ]
    lines = folded(timeline([], [], reports, actions=[resumed]))
    assert [(line["revision"], line["what"], line["times"]) for line in lines] == [
        (1, "paused", 2), (2, "paused", 1), (2, "resumed", 1), (2, "paused", 1),
    ]  # fmt: skip


def test_what_an_operator_did_stands_between_the_reports_before_and_after_it() -> None:
    resumed = OperatorAction("CHG-1", 1, "acme", Action.RESUMED, MARIA, "2027-01-02T10:02:00Z", "q")
    pauses = [report(f"2027-01-02T10:0{n}:00Z", "paused", reason={"message": "q"}) for n in (1, 3)]
    lines = folded(timeline([], [], pauses, actions=[resumed]))
    assert [(line["what"], short(line["who"]), line["says"]) for line in lines] == [
        ("paused", "acme", "5 planned; q"),
        ("resumed", "assumed-role/Ops/maria", "acme: q"),
        ("paused", "acme", "5 planned; q"),
    ]


@pytest.mark.parametrize(
    ("who", "said"), [(MARIA, "assumed-role/Ops/maria"), ("CI job 7", "CI job 7")]
)
def test_who_announced_is_said_without_what_all_of_an_account_share(who: str, said: str) -> None:
    assert short(who) == said


@pytest.mark.parametrize(
    ("address", "said"),
    [("maria@acme.example", "m***@acme.example"), ("a@b@c.example", "a***@c.example"),
     ("@acme.example", "***@acme.example"), ("", "***")],
)  # fmt: skip
def test_an_address_is_masked_to_its_first_letter_and_domain(address: str, said: str) -> None:
    assert masked(address) == said


def shown(entries: list[dict[str, Any]], width: int = 80) -> str:
    file = io.StringIO()
    Console(width=width, file=file).print(_table(entries, is_narrow=True))
    return file.getvalue()


@pytest.mark.parametrize(
    "who",
    ["platform-engineer", "assumed-role/Operations/platform-engineer", "user/eve",
     "assumed-role/AWSReservedSSO_PlatformEngineers_0123456789abcdef/maria.garcia"],
)  # fmt: skip
def test_no_name_is_broken_within_a_word(who: str) -> None:
    entry = {"at": "2027-01-02T03:00:00Z", "revision": 1, "what": "announced",
             "says": "to acme, " * 9, "who": f"arn:aws:iam::111111111111:{who}"}  # fmt: skip
    said = shown([entry])
    assert all(word in said for word in who.split("/"))


def test_at_80_columns_a_report_is_one_line_or_two_and_a_day_is_named_once() -> None:
    reports = [
        report(f"{at}Z", "sent", customer=code, revision=revision,
               counts={"planned": 1200, "sent": 1200, "delivered": 1198, "bounced": 2})
        for at in ("2027-01-02T10:01:00", "2027-01-02T10:02:00", "2027-01-03T00:03:00")
        for code in ("acme", "globex")
        for revision in (1, 2)
    ]  # fmt: skip
    lines = folded(timeline([RECORD], [], reports))
    said = shown(lines)
    assert len(lines) == 5
    assert len(said.splitlines()) <= 2 + 2 * 5
    assert said.count("2027-01-02") == 1
    assert max(map(len, said.splitlines())) <= 80
    assert "acme: 1200 planned, 1200 sent" in said
    assert said.count("3 times, last 2027-01-03 00:03:00") == 4


def test_a_repeat_on_the_same_day_says_the_time_alone() -> None:
    reports = [report(f"2027-01-02T10:0{minute}:00Z", "sent") for minute in (1, 2)]
    assert "(2 times, last 10:02:00)" in " ".join(shown(folded(timeline([], [], reports))).split())


def test_a_file_has_one_line_for_each_entry(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    says = "a reason that is much longer than any terminal is wide " * 4
    entry = {"at": "2027-01-02T10:00:00Z", "revision": 1, "what": "announced", "who": MARIA,
             "says": says}  # fmt: skip
    out.print(_table([entry, entry], is_narrow=out.width < history.WIDE))
    lines = capsys.readouterr().out.splitlines()[1:]
    assert len(lines) == 2
    assert all("assumed-role/Ops/maria" in line and says.strip() in line for line in lines)
