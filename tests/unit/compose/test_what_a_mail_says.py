"""What a mail says of each kind: subject and first line, facts, sections, and nothing untrue."""

import re

import pytest

from changecast.change import Change, Status
from changecast.compose.words import languages
from changecast.plan import MailKind, Variant
from tests.support.builders import change
from tests.support.mails import calendars_of, event_of, html_of, mail, text_of

LATER = {"start": "2027-01-21T22:00:00Z", "end": "2027-01-21T23:30:00Z"}
STATUS = {
    MailKind.APPROVAL_REQUEST: Status.SUBMITTED,
    MailKind.STARTED: Status.IN_PROGRESS,
    MailKind.COMPLETED: Status.COMPLETED,
    MailKind.CANCELLED: Status.CANCELLED,
}


def full_change(**fields: object) -> Change:
    return change(
        **{
            "customer_impact": "Sessions drop.\n- once\n- shortly",
            "reason": "A fix.\n\nUrgent.",
            "implementation_plan": "1. Drain\n2. Patch",
            "test_plan": "Log in.",
            "rollback_plan": "Restore.",
            "tickets": {"servicenow": "CHG0042117", "jira": "OPS-912"},
            "links": [{"title": "Read on", "url": "https://portal.provider.example/1"}],
        }
        | fields
    )


def notice(**fields: object) -> Change:
    return change(
        **{
            "kind": "announcement",
            "category": "finops",
            "window": None,
            "title": "Savings plans",
            "summary": "Prices fall.",
            "content": "From April.",
        }
        | fields
    )


def first_line(message: object) -> str:
    return text_of(message).splitlines()[2]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "subject", "said"),
    [
        (MailKind.APPROVAL_REQUEST, "Approval needed: ", "Please approve or refuse this change."),
        (MailKind.ANNOUNCEMENT, "Planned change, expect impact: ", "This change is planned for "),
        (MailKind.STARTED, "Change started, expect impact: ", "This change has started."),
        (MailKind.COMPLETED, "Change completed, no action needed: ", "(UTC+01:00), is complete."),
        (MailKind.CANCELLED, "Change cancelled, no action needed: ", "It has been cancelled"),
        (MailKind.WITHDRAWN, "No longer affects you, no action needed: ", "no longer affects Acme"),
    ],
)
def test_subject_and_first_line_say_what_it_is_about(
    kind: MailKind, subject: str, said: str
) -> None:
    message = mail(kind, full_change(status=STATUS.get(kind, Status.APPROVED)))
    assert message["Subject"] == (
        f"{subject}Patch the hosts · Jan 20, 2027 23:00 – 00:30 (UTC+01:00) [CHG-1]"
    )
    assert said in first_line(message)


def test_the_first_line_says_when_and_whether_to_do_anything() -> None:
    line = first_line(mail(about=full_change()))
    assert line == (
        "This change is planned for Jan 20, 2027 23:00 – 00:30 (UTC+01:00). You do not need to do "
        "anything unless the impact described below calls for it."
    )


def test_an_impact_of_none_in_the_documents_own_words_needs_no_action() -> None:
    message = mail(about=full_change(customer_impact="None."))
    assert str(message["Subject"]).startswith("Planned change, no action needed: ")
    assert "We expect no impact on you. You do not need to do anything." in first_line(message)


def test_an_impact_that_nobody_stated_is_not_called_none() -> None:
    message = mail(about=full_change(customer_impact=""))
    assert str(message["Subject"]).startswith("Planned change: ")
    assert "None has been stated." in text_of(message)
    assert "no impact" not in text_of(message)


def test_an_approval_request_links_to_the_approval_or_says_whom_to_tell() -> None:
    links = [
        {"title": "Runbook", "url": "https://wiki.provider.example/r"},
        {"title": "Approve it", "url": "https://portal.provider.example/approve?a=1&b=2"},
    ]
    with_link = mail(MailKind.APPROVAL_REQUEST, full_change(status="submitted", links=links))
    assert 'href="https://portal.provider.example/approve?a=1&amp;b=2"' in html_of(with_link)
    assert "Approve or refuse:\nhttps://portal.provider.example/approve?a=1&b=2" in (
        text_of(with_link)
    )
    without = mail(MailKind.APPROVAL_REQUEST, full_change(status="submitted", links=[]))
    assert "To approve or refuse it, contact desk@provider.example." in first_line(without)


def test_a_completed_change_asks_how_it_went_where_there_is_a_survey() -> None:
    survey = "https://survey.provider.example/1"
    completed = full_change(status="completed", survey_url=survey)
    assert f"Tell us how it went:\n{survey}" in text_of(mail(MailKind.COMPLETED, completed))
    assert survey not in text_of(mail(about=full_change(survey_url=survey)))


def test_everything_a_person_needs_is_there_in_text_and_html() -> None:
    message = mail(about=full_change())
    for body in (text_of(message), html_of(message)):
        for said in (
            "Wednesday, January 20, 2027, 23:00",
            "– Thursday, January 21, 2027, 00:30 (Europe/Madrid, UTC+01:00)",
            "2027-01-20 22:00 – 23:30 UTC",
            "1 hour 30 minutes",
            "Sessions drop.",
            "ServiceNow CHG0042117, Jira OPS-912",
            "A fix.",
            "Urgent.",
            "Drain",
            "Log in.",
            "Restore.",
            "https://portal.provider.example/1",
            "desk@provider.example",
            "because you are subscribed to change announcements for Acme Industries",
            "{{amazonSESUnsubscribeUrl}}",
        ):
            assert said in body, said


def test_an_update_shows_old_and_new_side_by_side() -> None:
    message = mail(MailKind.UPDATE, full_change(revision=2, window=LATER), previous=full_change())
    assert str(message["Subject"]).startswith("New time, expect impact: ")
    text = text_of(message)
    assert "Before: Wednesday, January 20, 2027, 23:00" in text
    assert "Now: Thursday, January 21, 2027, 23:00" in text
    assert "<del>Wednesday</del>" in html_of(message)
    assert "<ins>Friday</ins>" in html_of(message)


def test_an_update_whose_window_stays_is_no_new_time() -> None:
    message = mail(
        MailKind.UPDATE, full_change(revision=2, customer_impact="More."), previous=full_change()
    )
    assert str(message["Subject"]).startswith("Plan changed, expect impact: ")


def test_whoever_missed_the_plan_reads_the_plan_and_not_an_update() -> None:
    message = mail(
        MailKind.UPDATE,
        full_change(revision=2, window=LATER),
        previous=full_change(),
        variant=Variant.FULL,
    )
    assert str(message["Subject"]).startswith("Planned change, expect impact: ")
    assert "it replaces anything that we may have told you before" in first_line(message)
    assert "What changed" not in text_of(message)


def test_whoever_missed_the_start_reads_that_it_has_started() -> None:
    running = full_change(revision=2, status="in_progress", window=LATER)
    message = mail(MailKind.UPDATE, running, previous=full_change(), variant=Variant.FULL)
    assert str(message["Subject"]).startswith("Change started")


def test_a_change_that_starts_at_another_time_than_told_says_so() -> None:
    started = full_change(revision=2, status="in_progress", window=LATER)
    said = text_of(mail(MailKind.STARTED, started, previous=full_change()))
    assert "What changed" in said
    assert "Before: Approved" not in said
    unmoved = full_change(revision=2, status="in_progress")
    assert "What changed" not in text_of(mail(MailKind.STARTED, unmoved, previous=full_change()))


def test_every_field_that_can_differ_has_its_words() -> None:
    other = full_change(
        revision=2,
        title="T2",
        reason="R2",
        implementation_plan="P2",
        test_plan="E2",
        rollback_plan="B2",
        summary="S2",
        content="C2",
        tickets={"jira": "OPS-1"},
        meeting={"start": "2027-01-20T21:00:00Z", "title": "Bridge", "duration_minutes": 30},
        links=[{"title": "L2", "url": "https://two.example"}],
        attachments=[{"name": "plan.pdf", "url": "https://three.example"}],
        survey_url="https://survey.example",
        category="finops",
        customer_details={"acme": {"host": "a1"}},
        window=LATER,
        customer_impact="I2",
        status="in_progress",
    )
    said = text_of(mail(MailKind.UPDATE, other, previous=full_change()))
    changed = said.partition("What changed\n")[2].partition("\n\nSummary\n")[0]
    rows = re.findall(r"^[^ \n-].*$", changed, re.MULTILINE)
    assert len(rows) == 17
    assert all("_" not in row for row in rows), rows
    assert "L2: https://two.example" in changed
    assert "host: a1" in changed


def test_a_cancelled_change_no_longer_explains_how_it_would_be_done() -> None:
    said = text_of(mail(MailKind.CANCELLED, full_change(status="cancelled")))
    assert "Was planned for: Wednesday, January 20, 2027, 23:00" in said
    assert "Drain" not in said
    assert "Impact" not in said


def test_a_withdrawal_names_the_change_as_its_readers_know_it() -> None:
    now = full_change(revision=2, window=LATER, title="Not for you", reason="Not for you.")
    message = mail(MailKind.WITHDRAWN, now, previous=full_change())
    assert "Patch the hosts · Jan 20, 2027" in message["Subject"]
    assert "Not for you" not in text_of(message) + html_of(message)
    (calendar,) = calendars_of(message)
    assert event_of(calendar)["SEQUENCE"] == 2
    assert event_of(calendar)["DTSTART"].dt.day == 20


def test_a_cancellation_names_the_window_that_people_were_told() -> None:
    cancelled = full_change(revision=2, status="cancelled", window=LATER, reason="The vendor.")
    message = mail(MailKind.CANCELLED, cancelled, previous=full_change())
    assert "planned for Jan 20, 2027 23:00" in first_line(message)
    assert "The vendor." in text_of(message)


def test_a_completed_change_speaks_of_no_impact_and_no_meeting_to_come() -> None:
    meeting = {"start": "2027-01-20T21:00:00Z", "title": "Bridge"}
    said = text_of(mail(MailKind.COMPLETED, full_change(status="completed", meeting=meeting)))
    assert "Bridge" not in said
    assert "Impact" not in said


@pytest.mark.parametrize(
    ("kind", "subject", "said"),
    [
        (MailKind.ANNOUNCEMENT, "FinOps announcement: ", "an announcement for your information"),
        (MailKind.UPDATE, "Announcement changed: ", "see what changed below"),
        (MailKind.CANCELLED, "Announcement cancelled: ", "has been cancelled"),
        (MailKind.WITHDRAWN, "No longer concerns you: ", "no longer concerns Acme Industries"),
        (MailKind.APPROVAL_REQUEST, "Approval needed: ", "approve or refuse this announcement"),
    ],
)
def test_announcements_have_words_of_their_own(kind: MailKind, subject: str, said: str) -> None:
    before = notice(title="Savings") if kind is MailKind.UPDATE else None
    message = mail(kind, notice(), previous=before)
    assert message["Subject"] == f"{subject}Savings plans [CHG-1]"
    assert said in first_line(message)
    assert "Duration" not in text_of(message)
    assert "Impact" not in text_of(message)


def test_an_announcement_leads_to_its_meeting() -> None:
    meeting = {"start": "2027-03-10T15:00:00Z", "join_url": "https://meet.provider.example/f"}
    message = mail(about=notice(meeting=meeting))
    assert "Join the meeting:\nhttps://meet.provider.example/f" in text_of(message)
    assert "Wednesday, March 10, 2027, 16:00 (UTC+01:00)\n" in text_of(message)
    assert "2027-03-10 15:00 UTC" in text_of(message)
    assert "The meeting is on Mar 10, 2027 16:00 (UTC+01:00)." in first_line(message)
    assert message["Subject"] == (
        "FinOps announcement: Savings plans · Mar 10, 2027 16:00 (UTC+01:00) [CHG-1]"
    )


def test_a_test_says_so_in_subject_and_body() -> None:
    for message in (mail(test=True), mail(about=full_change(test_run=True))):
        assert str(message["Subject"]).startswith("TEST: Planned change")
        assert "*** This is a test. No change will be made. ***" in text_of(message)
        assert "This is a test. No change will be made." in html_of(message)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", list(MailKind))
@pytest.mark.parametrize("about", ["change", "notice"])
def test_no_sentence_of_any_language_is_left_unfilled(
    kind: MailKind, about: str, language: str
) -> None:
    make = notice if about == "notice" else full_change
    message = mail(
        kind,
        make(revision=2, status=STATUS.get(kind, Status.APPROVED)),
        previous=make(title="Before"),
        language=language,
    )
    said = text_of(message).replace("{{amazonSESUnsubscribeUrl}}", "")
    assert not re.search(r"[{}]|\bNone\b", said.replace("None has been", "")), said
    assert message["Content-Language"] == language
    assert f'<html lang="{language}">' in html_of(message)


def test_lists_and_line_breaks_of_a_field_are_kept() -> None:
    message = mail(about=full_change())
    assert "1. Drain\n2. Patch" in text_of(message)
    assert '<ol>\n<li value="1">Drain</li>\n<li value="2">Patch</li>\n</ol>' in html_of(message)
    assert "<p>A fix.</p>\n<p>Urgent.</p>" in html_of(message)


def test_only_the_customers_own_section_is_shown() -> None:
    own = {"acme": {"hosts": ["a1", "a2"], "note": "Restart yours."}}
    said = text_of(mail(about=full_change(customer_details=own)))
    assert "For you in particular\n" in said
    assert 'hosts: ["a1", "a2"]\nnote: Restart yours.' in said
