"""An alert is short, plain, and cannot be dressed up by what it is about."""

import json
import re
from typing import Any

import pytest

from changecast.contract.pause_code import PauseCode
from changecast.hub.tracking.alerts import (
    MOST_LISTED,
    SUBJECT_LIMIT,
    facts,
    found,
    rejected_file,
    repair,
    resolved,
)
from changecast.hub.tracking.findings import REPORTED, SILENT, Cause
from changecast_cli.watching.advice import next_steps
from changecast_cli.watching.runs import run_of, with_reminders

ROW: dict[str, Any] = {
    "change_id": "CHG-1",
    "revision": 3,
    "customer": "acme",
    "title": "Patch",
    "finding": {
        "cause": "no_route",
        "message": "no rule",
        "command": "look",
        "found_at": "2027-01-16T08:05:00Z",
    },
}


@pytest.mark.parametrize(
    "key",
    ["incoming/x\nCause:     all is well.json", "incoming/\x07\u202eé.json", "i/" + "x" * 900],
)
def test_a_files_name_cannot_make_lines_or_a_subject_that_is_refused(key: str) -> None:
    alert = rejected_file(key, "why\nnot", "s3://b/rejected/x.reason.txt", "s3://b/rejected/x.json")
    assert len(alert.text.splitlines()) == 5
    assert "\x07" not in alert.text
    assert len(alert.subject) <= SUBJECT_LIMIT
    assert alert.subject.isascii()
    assert alert.subject.isprintable()


def test_however_much_there_is_to_say_sns_takes_it() -> None:
    says = "it no longer names " + ", ".join(f"kundin-größe-{number}" for number in range(2_000))
    fact = {"pk": "fact#CHG-1", "cause": "bypassed", "change_id": "CHG-1", "revision": 1,
            "message": says, "found_at": "2027-01-16T08:05:00Z"}  # fmt: skip
    text = facts([fact] * (MOST_LISTED + 5)).text
    assert len(text.encode()) < 256 * 1_024
    assert "kundin-größe-7" in text


def test_filters_see_what_it_is_about() -> None:
    alert = found([ROW])
    assert alert.attributes == {
        "event": "found",
        "cause": "no_route",
        "customer": "acme",
        "change_id": "CHG-1",
    }


def _row(change_id: str, customer: str, cause: str = "paused", minute: int = 5) -> dict[str, Any]:
    finding = {"cause": cause, "message": "SES paused this account", "command": "look",
               "found_at": f"2027-01-16T08:{minute:02}:00Z"}  # fmt: skip
    return ROW | {"change_id": change_id, "customer": customer, "finding": finding}


def test_it_says_since_when_and_what_to_type() -> None:
    text = found([_row("CHG-1", "acme")]).text
    assert "Since:     2027-01-16T08:05:00Z\n" in text
    assert "Repair:    changecast doctor --customer acme\n" in text
    assert "Then:      changecast resume CHG-1 --customer acme\n" in text


PAUSED = {"class": "ses", "code": "AccountPausedException", "message": "m"}


@pytest.mark.parametrize(
    ("cause", "values", "since"),
    [
        ("paused", {"reason": PAUSED | {"at": "2027-01-16T08:04:17Z"}}, "2027-01-16T08:04:17Z"),
        ("paused", {"reason": PAUSED | {"at": "2027-01-16T09:04:17+01:00"}},
         "2027-01-16T08:04:17Z"),
        ("rejected", {"rejection": {"at": "2027-01-16T08:01:00Z"}}, "2027-01-16T08:01:00Z"),
        ("held", {"reason": None}, "2027-01-16T08:03:00Z"),
        ("stalled", {}, "2027-01-16T08:03:00Z"),
        ("no_route", {"reported_at": None, "reason": {"at": "2027-01-16T08:05:00Z"}},
         "2027-01-16T08:00:00Z"),
        ("no_route", {"reported_at": None, "announced_at": "2027-01-17T08:00:00Z"},
         "2027-01-16T08:05:00Z"),
    ],
)  # fmt: skip
def test_since_is_when_it_began_and_not_when_the_watch_noticed(
    cause: str, values: dict[str, Any], since: str
) -> None:
    times = {"announced_at": "2027-01-16T08:00:00Z", "reported_at": "2027-01-16T08:03:00Z"}
    row = _row("CHG-1", "acme", cause) | times | values
    assert f"Since:     {since}\n" in found([row]).text
    later = {"reason": None, "reported_at": "2027-01-16T08:59:00Z"}
    assert f"Since:     {since}\n" in found([_row("CHG-2", "acme", cause, 59) | later, row]).text


def test_a_limit_of_the_account_needs_no_repair_before_somebody_resumes() -> None:
    text = found([_row("CHG-1", "acme") | {"reason": {"code": "link_domains"}}]).text
    assert "Repair:    changecast resume CHG-1 --customer acme\n" in text
    assert "Then:" not in text


@pytest.mark.parametrize("code", PauseCode)
def test_an_alert_about_a_pause_says_what_status_says(code: PauseCode) -> None:
    reason = {"class": "paused", "code": code.value, "message": "m"}
    row = _row("CHG-1", "acme") | {"reason": reason, "state": "paused"}
    text = found([row]).text
    (step,) = next_steps(run_of("CHG-1", [row]))
    assert ("the run resumes automatically" in text) is ("the run resumes automatically" in step)
    assert ("changecast resume CHG-1 --customer acme" in text) is ("changecast resume" in step)
    assert code.automatic is ("changecast resume" not in text)
    assert f"Page:      docs/runbook/{code.runbook}.md\n" in text
    assert f"(docs/runbook/{code.runbook}.md)" in step


@pytest.mark.parametrize("cause", sorted({*SILENT, Cause.HELD, Cause.FAILED, Cause.PARTIAL}))
def test_an_alert_names_the_command_and_the_page_that_status_names(cause: str) -> None:
    row = _row("CHG-1", "acme", cause) | {"state": cause}
    text = found([row]).text
    (step,) = next_steps(run_of("CHG-1", [row]))
    command, _, page = step.removeprefix("acme: ").partition("    (")
    assert f"Repair:    {command.partition('; ')[0]}\n" in text
    assert f"Page:      {page.removesuffix(')')}\n" in text


@pytest.mark.parametrize("cause", ["paused", "held", "failed", "partial"])
@pytest.mark.parametrize("code", [None, "link_domains", "bounce_rate", "all_refused", "sandbox"])
def test_an_alert_about_a_reminder_names_the_commands_that_status_names(
    cause: str, code: str | None
) -> None:
    about = {"window_start": "2027-01-17T22:00:00Z", "before": "24h"}
    row = _row("CHG-1", "acme", cause) | {"state": cause, "reminder": about}
    row |= {"reason": {"class": "paused", "code": code, "message": "m"}} if code else {}
    text = found([row]).text
    run = run_of("CHG-1", [_row("CHG-1", "acme") | {"state": "sent"}])
    (step,) = next_steps(with_reminders(run, [row]))
    of_status = re.findall(r"changecast [^;]*?(?=;|    \()", step)
    of_alert = re.findall(r"(?:Repair|Then): +(changecast .*)", text)
    assert of_status == of_alert
    about_run = [one for one in of_alert if "doctor" not in one]
    assert all(one.endswith("--customer acme --reminder 24h") for one in about_run)


def test_what_was_missed_is_announced_again_after_the_repair() -> None:
    text = found([ROW]).text
    assert "Repair:    changecast doctor --customer acme\n" in text
    assert "Then:      changecast reannounce CHG-1 --customer acme\n" in text
    refused = found([_row("CHG-1", "acme", "refused_by_bus")]).text
    assert "Then:      changecast replay --from 14d --customer acme\n" in refused


def test_the_end_of_a_finding_says_how_many_have_the_mail() -> None:
    over = _row("CHG-1", "acme") | {"state": "sent", "counts": {"planned": 3, "sent": 3}}
    assert "the delivery's state is now sent, 3 of 3 mails\n" in resolved(over).text


def test_several_of_one_cause_are_one_alert_that_names_each() -> None:
    rows = [_row("CHG-2", "globex", minute=7), _row("CHG-1", "acme"), _row("CHG-2", "acme")]
    alert = found(rows)
    assert alert.subject == "Changecast: paused: 3 deliveries for 2 customers"
    assert "Customers: acme, globex\n" in alert.text
    assert "Since:     2027-01-16T08:05:00Z\n" in alert.text
    for change_id, customer in (("CHG-1", "acme"), ("CHG-2", "acme"), ("CHG-2", "globex")):
        assert f"{customer}: {change_id} revision 3" in alert.text
        assert f"changecast resume {change_id} --customer {customer}\n" in alert.text
    assert json.loads(alert.attributes["customer"]) == ["acme", "globex"]
    assert json.loads(alert.attributes["change_id"]) == ["CHG-1", "CHG-2"]
    one = found([_row("CHG-1", "acme"), _row("CHG-2", "acme")])
    assert one.attributes["customer"] == "acme"


def test_a_thousand_of_one_cause_are_counted_and_some_are_named() -> None:
    text = found([_row(f"CHG-{number}", "acme") for number in range(1_000)]).text
    assert f"and {1_000 - MOST_LISTED} more: changecast status --failed" in text
    assert len(text.encode()) < 256 * 1_024


@pytest.mark.parametrize("cause", sorted(SILENT | REPORTED))
def test_every_cause_has_a_command_that_names_the_customer(cause: str) -> None:
    assert repair(_row("CHG-1", "acme", cause)).startswith("changecast ")
    names_it = "--customer acme" in repair(_row("CHG-1", "acme", cause))
    assert names_it is (cause != Cause.UNKNOWN_CUSTOMER), "nobody is registered under that code"
