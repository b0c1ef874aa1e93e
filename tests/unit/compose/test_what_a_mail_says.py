"""What a mail says of each kind: subject and first line, facts, sections, and nothing untrue."""

import re
import unicodedata
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from changecast.contract.change import Change, Status
from changecast.customer.compose import bodies, times
from changecast.customer.compose.occasion import Occasion
from changecast.customer.compose.text.wrapping import columns
from changecast.customer.compose.words import languages, words_in
from changecast.customer.compose.writing import content_of
from changecast.customer.mailing import MailKind, Topic, Variant
from tests.support.builders import NOW, change
from tests.support.mails import brand, calendars_of, event_of, html_of, mail, squeezed, text_of

LATER = {"start": "2027-01-21T22:00:00Z", "end": "2027-01-21T23:30:00Z"}
STATUS = {
    MailKind.APPROVAL_REQUEST: Status.SUBMITTED,
    MailKind.STARTED: Status.IN_PROGRESS,
    MailKind.COMPLETED: Status.COMPLETED,
    MailKind.CANCELLED: Status.CANCELLED,
}


MEETING = {"start": "2027-03-10T15:00:00Z", "join_url": "https://meet.provider.example/f"}


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


def lead(message: object) -> str:
    """The first paragraph below the title and the names, on one line."""
    return " ".join(text_of(message).split("\n\n")[1].split())  # type: ignore[arg-type]


def flat(text: str) -> str:
    """A text on one line: where lines break is not what it says."""
    return " ".join(text.split())


WHEN = "Wed 20 Jan, 23:00–00:30 (Madrid)"


@pytest.mark.parametrize(
    ("kind", "subject", "said"),
    [
        (MailKind.APPROVAL_REQUEST, "Approve", f"reject this change. It is planned for {WHEN}."),
        (MailKind.ANNOUNCEMENT, "Planned", f"This change is planned for {WHEN}."),
        (MailKind.STARTED, "Started", "It is planned to end on Thu 21 Jan, 00:30 (Madrid)."),
        (MailKind.COMPLETED, "Completed", "is complete. There is nothing left for you to do."),
        (MailKind.CANCELLED, "Cancelled", f"was cancelled. It had been planned for {WHEN}."),
        (MailKind.WITHDRAWN, "Not affected", "no longer affects Acme Industries. It had been"),
    ],
)  # fmt: skip
def test_subject_and_lead_say_what_it_is_about(kind: MailKind, subject: str, said: str) -> None:
    message = mail(kind, full_change(status=STATUS.get(kind, Status.APPROVED)))
    assert message["Subject"] == f"{subject}: Patch the hosts, Wed 20 Jan 23:00 [CHG-1]"
    assert said in lead(message)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", list(MailKind))
def test_a_subject_is_short_before_its_id_and_its_title_is_seen(
    kind: MailKind, language: str
) -> None:
    about = full_change(
        title="Patch the bastion hosts in eu-central-1 and eu-west-1",
        status=STATUS.get(kind, Status.APPROVED),
    )
    same = full_change(title=about.title, window=LATER)
    before = same if kind is MailKind.UPDATE else None
    subject = str(mail(kind, about, previous=before, language=language)["Subject"])
    head, sign, rest = subject.partition(" [CHG-1]")
    assert (sign, rest) == (" [CHG-1]", "")
    # "No longer affects you" takes two words in most languages.
    assert columns(head) <= (55 if kind is MailKind.WITHDRAWN else 53)
    assert "Patch the bastion" in subject[:40]
    assert "23:00" in head


@pytest.mark.parametrize("language", languages())
def test_the_corrected_words_of_a_title_are_not_cut(language: str) -> None:
    before = full_change(title="Replace the VPN gateways of the office in Barcelona")
    about = full_change(title="Replace the VPN gateways of the office in Madrid")
    subject = str(mail(MailKind.UPDATE, about, previous=before, language=language)["Subject"])
    assert "Replace the VPN gateways of the office in Madrid" in subject
    assert "23:00" in subject
    assert subject.endswith(" [CHG-1]")


@pytest.mark.parametrize(
    "title", ["Wartung " + "ü" * 240, "Replace  the VPN\u00ad gateways in Madrid."]
)
def test_a_corrected_title_has_a_limit_and_what_nobody_sees_is_no_correction(title: str) -> None:
    before = full_change(title="Replace the VPN gateways in Madrid", window=LATER)
    subject = str(mail(MailKind.UPDATE, full_change(title=title), previous=before)["Subject"])
    assert "…" in subject
    assert columns(subject) <= 170


def test_a_title_that_is_only_a_word_too_long_stays_whole() -> None:
    subject = str(mail(about=full_change(title="Replace the VPN gateways"))["Subject"])
    assert subject == "Planned: Replace the VPN gateways, Wed 20 Jan 23:00 [CHG-1]"


@pytest.mark.parametrize("title", ["Kernwartung te👩‍🔧 crew " * 4, "Wartung " + "ü" * 90])
def test_a_subject_never_splits_a_character_as_people_see_it(title: str) -> None:
    title = unicodedata.normalize("NFD", title)
    subject = str(mail(about=full_change(title=title))["Subject"])
    shown = subject.partition(": ")[2].partition("…")[0]
    assert title.startswith(shown)
    assert not title[len(shown)].startswith(("\u200d", "\u0308"))


def test_the_lead_says_when_and_how_it_affects_the_reader() -> None:
    said = f"This change is planned for {WHEN}. Impact on you: Sessions drop. once; shortly."
    assert lead(mail(about=full_change())) == said


@pytest.mark.parametrize("language", [*languages(), "pt-BR", "en-US"])
@pytest.mark.parametrize("kind", [MailKind.ANNOUNCEMENT, MailKind.UPDATE, MailKind.STARTED])
def test_no_reader_has_to_look_further_down_for_the_impact(kind: MailKind, language: str) -> None:
    about = full_change(
        revision=2,
        window=LATER,
        status=STATUS.get(kind, Status.APPROVED),
        impact_level="outage",
        customer_impact="Open sessions drop for up to 5 minutes",
    )
    message = mail(kind, about, previous=full_change(), language=language)
    level = words_in(language)("impact_level", "outage")
    label = words_in(language)("label", "impact")
    said = squeezed(text_of(message).split("\n\n")[1])
    assert squeezed(f"{level} – Open sessions drop for up to 5 minutes") in said
    assert said.endswith(("minutes.", "minutes。"))
    assert said.count(squeezed(label)) == 1


def test_an_impact_in_the_lead_is_plain_and_bounded_and_its_cut_is_seen() -> None:
    text = (
        "**All** sessions drop, see [the page](https://status.provider.example/1).\n"
        "- `vpn-1` for 5 minutes\n- vpn-2 for an hour\n" + "And more of it. " * 40
    )
    said = lead(mail(about=full_change(customer_impact=text)))
    impact = said.partition("Impact on you: ")[2]
    assert impact.startswith("All sessions drop, see the page. vpn-1 for 5 minutes; vpn-2 for an")
    assert impact.endswith("And more of it. …")
    assert len(impact) <= 170


def test_a_long_first_sentence_never_leaves_half_an_address() -> None:
    text = "word " * 8 + "https://status.provider.example/" + "x" * 200
    said = lead(mail(about=full_change(customer_impact=text)))
    assert said.endswith("word word …")


def test_where_no_impact_is_stated_the_lead_says_what_is_known() -> None:
    about = full_change(customer_impact="", services=["VPN", "SSH"])
    assert "Services affected: VPN, SSH. This notice does not say how" in lead(mail(about=about))


def test_an_impact_of_none_in_the_documents_own_words_needs_no_action() -> None:
    message = mail(about=full_change(customer_impact="None."))
    assert "We expect no impact on you. You do not need to do anything." in lead(message)
    assert "Impact:" not in _preheader(message)


def test_an_impact_that_nobody_stated_is_not_called_none() -> None:
    message = mail(about=full_change(customer_impact=""))
    assert "This notice does not say how the change affects you. If you are unsure" in lead(message)
    assert "Impact on you: Not stated." in text_of(message)
    assert "no impact" not in text_of(message)
    assert event_of(calendars_of(message)[0])["X-MAINTNOTE-IMPACT"] == "DEGRADED"


@pytest.mark.parametrize(
    ("level", "shown", "program"),
    [
        ("none", "No impact", "NO-IMPACT"),
        ("reduced_redundancy", "Reduced redundancy", "REDUCED-REDUNDANCY"),
        ("degraded", "Degraded service", "DEGRADED"),
        ("outage", "Outage", "OUTAGE"),
    ],
)
def test_a_stated_level_of_impact_is_told_to_people_and_programs(
    level: str, shown: str, program: str
) -> None:
    message = mail(about=full_change(impact_level=level, customer_impact="Some words."))
    assert f"Impact on you: {shown} – Some words." in flat(text_of(message))
    assert f"<strong>{shown}" not in html_of(message)
    assert event_of(calendars_of(message)[0])["X-MAINTNOTE-IMPACT"] == program


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "Outage"),
        ("Outage.", "Outage"),
        ("Outage of 5 minutes.", "Outage of 5 minutes."),
        ("Outages may follow.", "Outage – Outages may follow."),
        ("The VPN:\n- first\n- second", "Outage: The VPN: - first - second"),
    ],
)
def test_a_level_of_impact_and_its_words_are_one_phrase(text: str, shown: str) -> None:
    message = mail(about=full_change(impact_level="outage", customer_impact=text))
    assert f"Impact on you: {shown} Contact:" in flat(text_of(message))


def test_an_impact_that_was_not_stated_before_is_not_shown_as_none() -> None:
    before = full_change(impact_level=None)
    after = full_change(revision=2, impact_level="outage")
    said = text_of(mail(MailKind.UPDATE, after, previous=before))
    assert "Impact level\n  Before: Not stated.\n  Now: Outage\n" in said


def test_what_to_do_and_the_impact_stand_first_in_the_preheader_and_once() -> None:
    said = _preheader(mail(about=full_change(action="Restart **your** hosts.")))
    assert said == (
        "Action needed: Restart your hosts. Impact on you: Sessions drop. once; shortly. "
        f"This change is planned for {WHEN}."
    )


def test_what_to_do_is_said_in_the_lead_and_set_apart_and_named_in_the_band() -> None:
    message = mail(about=full_change(action="Log out before 22:00.\n"))
    text, html = text_of(message), html_of(message)
    assert text.startswith("Planned change · Action needed: Patch the hosts\n")
    assert "shortly.\n\nAction needed: Log out before 22:00.\n\n" in text
    assert ">Planned change · Action needed</td>" in html
    assert re.search(r'class="asked"[^>]*>Action needed: Log out before 22:00.</td>', html)
    # Said once: there is nothing more to read about it.
    assert text.count("Log out") == 1
    assert "What you need to do" not in text + html


def test_a_short_action_keeps_its_emphasis_and_its_links() -> None:
    action = "Restart **your** hosts: https://portal.provider.example/7"
    html = html_of(mail(about=full_change(action=action)))
    link = '<a href="https://portal.provider.example/7">https://portal.provider.example/7</a>'
    assert f"Action needed: Restart <strong>your</strong> hosts: {link}</td>" in html


def test_of_a_long_action_the_lead_has_the_first_sentences_and_the_rest_follows() -> None:
    action = "Log out before 22:00.\n\n1. Save\n2. Leave\n" + "Read all of this. " * 20
    message = mail(about=full_change(action=action))
    text = text_of(message)
    asked = flat(text.partition("Action needed: Log")[2].partition("\n\n")[0])
    assert asked.startswith("out before 22:00. Save; Leave; Read all of this.")
    assert asked.endswith("this. …")
    assert "What you need to do\n-------------------\nLog out before 22:00.\n\n1. Save" in text


@pytest.mark.parametrize("language", languages())
def test_every_language_sets_the_action_apart(language: str) -> None:
    message = mail(about=full_change(action="Restart."), language=language)
    words = words_in(language)
    asked = words("todo", "action").format(asked="Restart.")
    assert f"{asked}</td>" in html_of(message)
    assert f" · {words('kind', 'action')}" in text_of(message).partition("\n")[0]
    # An approval asks for an answer first.
    asks = mail(MailKind.APPROVAL_REQUEST, full_change(status="submitted", action="Restart."))
    assert "Action needed" not in text_of(asks)
    assert "What you need to do" in text_of(asks)


def test_what_the_customer_must_do_comes_right_under_the_lead() -> None:
    own = {"acme": {"action": "1. Restart **your** hosts.\n2. Wait.", "hosts": ["a1", "a2"]}}
    message = mail(about=full_change(action="Nobody's.", customer_details=own))
    text = text_of(message)
    parts = ["Action needed: Restart your hosts. Wait.", "What you need to do\n",
             "Restart **your** hosts.", "Specific to you\n",
             "hosts: a1, a2", "When:", "Contact:", "Reason\n"]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "action" not in text
    assert "Nobody's" not in text
    assert "<strong>your</strong>" in html_of(message)


def test_nothing_to_do_is_promised_only_where_no_impact_is_stated_and_nothing_is_asked() -> None:
    promise = "You do not need to do anything"
    for fields in (
        {"customer_impact": "Sessions drop."},
        {"customer_impact": ""},
        {"customer_impact": "none", "action": "Restart."},
        {"customer_impact": "none", "customer_details": {"acme": {"host": "a1"}}},
        {"customer_impact": "none", "status": "completed"},
    ):
        kind = MailKind.COMPLETED if "status" in fields else MailKind.ANNOUNCEMENT
        assert promise not in flat(text_of(mail(kind, full_change(**fields)))), fields
    assert promise in flat(text_of(mail(about=full_change(customer_impact="none"))))


def test_an_approval_request_opens_the_approval_page_and_never_another_link() -> None:
    links = [{"title": "Approve it", "url": "https://advisory.vendor.example/approve"}]
    page = "https://portal.provider.example/approve?a=1&b=2"
    about = full_change(status="submitted", links=links, approval_url=page)
    with_page = mail(MailKind.APPROVAL_REQUEST, about)
    assert _button(with_page) == (
        "https://portal.provider.example/approve?a=1&amp;b=2",
        "Approve or reject",
    )
    assert f"Approve or reject:\n{page}" in text_of(with_page)


@pytest.mark.parametrize("language", languages())
def test_without_an_approval_page_the_button_writes_to_the_contact(language: str) -> None:
    links = [
        {"title": "Approuver / Approve / Freigeben", "url": "https://advisory.vendor.example/1"}
    ]
    about = full_change(status="submitted", links=links, title="Patch & reboot")
    message = mail(MailKind.APPROVAL_REQUEST, about, language=language)
    url, _ = _button(message) or ("", "")
    assert url.startswith("mailto:desk@provider.example?subject=")
    subject = unquote(url.partition("subject=")[2])
    assert "Patch & reboot [CHG-1]" in subject


def test_where_the_contact_is_no_address_there_is_no_button_but_a_sentence() -> None:
    about = full_change(status="submitted")
    message = mail(MailKind.APPROVAL_REQUEST, about, support_contact="Call 555 0100")
    assert _button(message) is None
    assert "To approve or reject it, contact Call 555 0100." in lead(message)


def test_a_completed_change_asks_how_it_went_where_there_is_a_survey() -> None:
    survey = "https://survey.provider.example/1"
    completed = full_change(status="completed", survey_url=survey)
    message = mail(MailKind.COMPLETED, completed)
    text = text_of(message)
    # It is an offer: below the facts, and no button.
    assert text.index("Contact:") < text.index(f"Tell us how it went:\n{survey}")
    assert _button(message) is None
    assert f'href=\n"{survey}"\n>Tell us how it went</a>' in html_of(message)
    assert survey not in text_of(mail(about=full_change(survey_url=survey)))


def test_a_completed_change_says_that_nothing_is_left_to_do_unless_something_follows() -> None:
    said = "There is nothing left for you to do."
    completed = full_change(status="completed")
    follows = full_change(status="completed", follow_up="We watch it until Friday.")
    assert said in lead(mail(MailKind.COMPLETED, completed))
    assert said not in flat(text_of(mail(MailKind.COMPLETED, follows)))


def test_a_completed_change_gives_each_time_once() -> None:
    about = full_change(
        status="completed",
        actual_start="2027-01-20T22:05:00Z",
        actual_end="2027-01-20T22:50:00Z",
    )
    for body in (text_of, html_of):
        said = flat(body(mail(MailKind.COMPLETED, about)))
        shown = re.sub(r"<title>.*?</title>", "", said)
        assert [shown.count(time) for time in ("23:00", "23:05", "23:50")] == [1, 1, 1], shown
        assert len(re.findall(r"\bUTC\b(?!\+)", shown)) == 1


@pytest.mark.parametrize("language", languages())
def test_an_approval_says_until_when_to_answer_above_its_button(language: str) -> None:
    message = mail(MailKind.APPROVAL_REQUEST, full_change(status="submitted"), language=language)
    starts = datetime(2027, 1, 20, 22, tzinfo=UTC)
    start = times.brief_moment(starts, "Europe/Madrid", words_in(language), NOW)
    text, html = squeezed(text_of(message)), squeezed(html_of(message))
    assert squeezed(start) in text
    assert text.index(squeezed(start)) < text.index("mailto:")
    assert html.rindex(squeezed(start)) < html.index('class="button"')


def test_an_approval_asks_for_an_answer_before_the_change_starts() -> None:
    message = mail(MailKind.APPROVAL_REQUEST, full_change(status="submitted"))
    said = "Please answer before the change starts: Wed 20 Jan, 23:00 (Madrid)."
    assert said in flat(text_of(message))
    assert re.search(rf'class="asked"[^>]*>{re.escape(said)}</td>', html_of(message))


def test_no_approval_asks_for_an_answer_in_the_past() -> None:
    begun = {"start": "2026-12-01T00:00:00Z", "end": "2027-12-01T00:00:00Z"}
    for about in (full_change(status="submitted", window=begun), notice(status="submitted")):
        said = text_of(mail(MailKind.APPROVAL_REQUEST, about))
        assert "Please answer before" not in flat(said)


@pytest.mark.parametrize(
    ("fields", "settings", "said"),
    [
        ({}, {}, "The button opens an email to desk@provider.example."),
        ({"approval_url": "https://portal.provider.example:8443/approve?a=1"}, {},
         "The button opens a page on portal.provider.example."),
        ({}, {"responses": True}, "The button opens your personal answer page."),
    ],
)  # fmt: skip
def test_an_approval_says_what_its_button_opens(
    fields: dict[str, str], settings: dict[str, bool], said: str
) -> None:
    about, acme = full_change(status="submitted", **fields), brand(**settings)
    kind, topic = MailKind.APPROVAL_REQUEST, Topic.APPROVALS
    occasion = Occasion(about, kind, topic, acme, words_in("en"), None, test=False, now=NOW)
    html = bodies.html(content_of(occasion), acme)
    assert f">{said}</p>" in html
    assert html.index('class="button"') < html.index(said) < html.index('class="facts"')


def test_whom_to_ask_stands_above_the_plan() -> None:
    for kind in MailKind:
        said = text_of(mail(kind, full_change(status=STATUS.get(kind, Status.APPROVED))))
        contact = said.index("Contact: desk@provider.example")
        assert contact < min(said.find("\nReason\n") % len(said), said.index("\nReference\n")), kind


def test_a_reminder_says_that_it_is_one_and_invites_nobody_again() -> None:
    message = mail(MailKind.REMINDER, full_change())
    assert message["Subject"] == "Reminder: Patch the hosts, Wed 20 Jan 23:00 [CHG-1]"
    assert lead(message).startswith(
        f"This is a reminder: this change starts in 4 days and 14 hours. It is planned for {WHEN}."
    )
    assert "What we will do" not in text_of(message), "its readers have the plan"
    assert calendars_of(message) == []
    about_a_notice = mail(MailKind.REMINDER, notice(meeting=MEETING))
    assert "This is a reminder of an earlier announcement. The meeting is on" in (
        lead(about_a_notice)
    )
    assert "no impact" not in text_of(about_a_notice)


@pytest.mark.parametrize("kind", [MailKind.CANCELLED, MailKind.WITHDRAWN])
def test_who_prepared_for_it_reads_that_this_is_over(kind: MailKind) -> None:
    assert lead(mail(kind, full_change())).endswith("You no longer need to prepare for it.")


def test_a_test_says_so_before_it_speaks_of_a_plan() -> None:
    for said in (text_of(mail(test=True)), html_of(mail(test=True))):
        assert said.index("This is a test.") < said.rindex("This change is planned for")


def test_everything_a_person_needs_is_there_in_text_and_html() -> None:
    message = mail(about=full_change())
    for body in (text_of(message), html_of(message)):
        for said in (
            "Wednesday 20 January 2027, 23:00 –",
            "Thursday 21 January, 00:30 (Europe/Madrid, UTC+01:00)",
            "2027-01-20 22:00 – 23:30 UTC",
            "1 hour and 30 minutes",
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
            assert said in flat(body), said


def test_an_update_shows_old_and_new_side_by_side() -> None:
    message = mail(MailKind.UPDATE, full_change(revision=2, window=LATER), previous=full_change())
    assert str(message["Subject"]).startswith("Moved: ")
    text = text_of(message)
    assert f"Before: {WHEN}\n" in text
    assert "Now: Thu 21 Jan, 23:00–00:30 (Madrid)\n" in text
    assert f"<del>{WHEN}</del>" in html_of(message)
    assert "<ins>Thu 21 Jan, 23:00–00:30 (Madrid)</ins>" in html_of(message)


def test_a_change_that_moved_says_in_its_first_sentences_from_when_to_when() -> None:
    message = mail(MailKind.UPDATE, full_change(revision=2, window=LATER), previous=full_change())
    assert lead(message).startswith(
        "This change has moved. It is now planned for Thu 21 Jan, 23:00–00:30 (Madrid) "
        "instead of Wed 20 Jan, 23:00."
    )


def test_a_change_that_only_ends_later_says_both_ends() -> None:
    longer = {"start": "2027-01-20T22:00:00Z", "end": "2027-01-21T01:00:00Z"}
    message = mail(MailKind.UPDATE, full_change(revision=2, window=longer), previous=full_change())
    assert "Wed 20 Jan, 23:00–02:00 (Madrid) instead of Wed 20 Jan, 23:00–00:30." in lead(message)


def test_a_moved_window_is_given_in_utc_once() -> None:
    message = mail(MailKind.UPDATE, full_change(revision=2, window=LATER), previous=full_change())
    for said in (text_of(message), html_of(message)):
        assert len(re.findall(r"\bUTC\b(?!\+)", said)) == 1
        assert said.count("2027-01-21 22:00") == 1


@pytest.mark.parametrize("zone", ["Europe/London", "Europe/Lisbon", "UTC"])
def test_a_time_that_reads_the_same_in_utc_is_given_once(zone: str) -> None:
    meeting = {"start": "2027-01-20T21:00:00Z", "title": "Bridge"}
    message = mail(about=full_change(meeting=meeting), timezone=zone)
    for said in (text_of(message), html_of(message)):
        assert "2027-01-20" not in said
        assert "Wednesday 20 January 2027, 22:00" in flat(said)
        assert "Wednesday 20 January 2027, 21:00 (UTC)" in flat(said)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Europe/London", "2027-07-20T22:00:00Z", "2027-07-20T23:30:00Z"),
        ("Europe/London", "2027-10-31T00:30:00Z", "2027-10-31T02:30:00Z"),
        ("Europe/Lisbon", "2027-03-27T23:00:00Z", "2027-03-28T03:00:00Z"),
    ],
)
def test_in_summer_and_where_the_clocks_change_london_reads_utc_too(
    zone: str, start: str, end: str
) -> None:
    message = mail(about=full_change(window={"start": start, "end": end}), timezone=zone)
    assert f"{start[:10]} {start[11:16]}\u00a0–" in text_of(message)


def test_a_meeting_that_moved_is_marked_by_lines() -> None:
    before, after = (
        full_change(revision=n, meeting={"start": f"2027-01-{day}T21:00:00Z", "title": "Bridge"})
        for n, day in ((1, 20), (2, 21))
    )
    said = html_of(mail(MailKind.UPDATE, after, previous=before))
    assert "Bridge<br>\n<del>Wed 20 Jan, 22:00 (Madrid)</del><br>" in said
    assert "Bridge<br>\n<ins>Thu 21 Jan, 22:00 (Madrid)</ins><br>" in said


def test_an_update_whose_window_stays_is_no_new_time() -> None:
    message = mail(
        MailKind.UPDATE, full_change(revision=2, customer_impact="More."), previous=full_change()
    )
    assert str(message["Subject"]).startswith("Changed: ")


def test_people_who_missed_the_plan_read_the_plan_and_not_an_update() -> None:
    message = mail(
        MailKind.UPDATE,
        full_change(revision=2, window=LATER),
        previous=full_change(),
        variant=Variant.FULL,
    )
    assert str(message["Subject"]).startswith("Planned: ")
    assert "This is the current plan and replaces anything we told you before." in lead(message)
    assert "What changed" not in text_of(message)


def test_people_who_missed_the_start_read_that_it_has_started() -> None:
    running = full_change(revision=2, status="in_progress", window=LATER)
    message = mail(MailKind.UPDATE, running, previous=full_change(), variant=Variant.FULL)
    assert str(message["Subject"]).startswith("Started: ")


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
        category="finops",
        customer_details={"acme": {"host": "a1"}},
        window=LATER,
        customer_impact="I2",
        impact_level="outage",
        services=["VPN"],
        action="Reconnect",
        status="in_progress",
    )
    said = text_of(mail(MailKind.UPDATE, other, previous=full_change()))
    changed = said.partition("What changed\n")[2].partition("\n\nSummary\n")[0]
    rows = re.findall(r"^[^ \n-].*$", changed, re.MULTILINE)
    assert len(rows) == 19
    assert all("_" not in row for row in rows), rows
    assert "L2: https://two.example" in changed
    assert "host: a1" in changed


def test_a_cancellation_is_short_and_tells_no_plan_and_no_old_motive() -> None:
    about = full_change(
        status="cancelled",
        cancellation_reason="The vendor withdrew the fix.",
        action="Restart.",
        customer_details={"acme": {"hosts": ["a1"]}},
        meeting={"start": "2027-01-20T21:00:00Z", "title": "Bridge"},
    )
    said = flat(text_of(mail(MailKind.CANCELLED, about)))
    assert "Was planned for: Wednesday 20 January 2027, 23:00" in said
    assert "Why it was cancelled -------------------- The vendor withdrew the fix." in said
    for plan in (
        "Drain",
        "Impact",
        "A fix.",
        "Reason",
        "Restart",
        "a1",
        "Bridge",
        "Read on",
        " will ",
    ):
        assert plan not in said, plan


def test_a_withdrawal_names_the_change_as_its_readers_know_it() -> None:
    now = full_change(revision=2, window=LATER, title="Not for you", reason="Not for you.")
    message = mail(MailKind.WITHDRAWN, now, previous=full_change())
    assert "Patch the hosts, Wed 20 Jan" in message["Subject"]
    assert "Not for you" not in text_of(message) + html_of(message)
    assert "Drain" not in text_of(message)
    assert "A fix." not in text_of(message)
    (calendar,) = calendars_of(message)
    assert event_of(calendar)["SEQUENCE"] == 2
    assert event_of(calendar)["DTSTART"].dt.day == 20


def test_a_cancellation_names_the_window_that_people_were_told() -> None:
    cancelled = full_change(revision=2, status="cancelled", window=LATER)
    message = mail(MailKind.CANCELLED, cancelled, previous=full_change())
    assert f"planned for {WHEN}." in lead(message)


def test_a_completed_change_tells_its_outcome_and_when_it_really_was() -> None:
    about = full_change(
        status="completed",
        outcome="All hosts are patched.",
        actual_start="2027-01-20T22:05:00Z",
        actual_end="2027-01-20T22:50:00Z",
    )
    message = mail(MailKind.COMPLETED, about)
    said = text_of(message)
    assert lead(message) == "This change is complete. There is nothing left for you to do."
    assert "Outcome\n-------\nAll hosts are patched." in said
    assert "Took place: Wednesday 20 January 2027, 23:05 – 23:50" in flat(said)
    assert "Was planned for: Wednesday 20 January 2027, 23:00" in said
    for plan in ("Drain", "A fix.", "Restore.", "If something goes wrong"):
        assert plan not in said, plan


@pytest.mark.parametrize(("field", "label"), [("actual_start", "Started"), ("actual_end", "Ended")])
def test_a_completed_change_of_which_only_one_end_is_known_says_which(
    field: str, label: str
) -> None:
    about = full_change(status="completed", **{field: "2027-01-20T22:50:00Z"})
    said = text_of(mail(MailKind.COMPLETED, about))
    assert f"{label}: Wednesday 20 January 2027, 23:50 (UTC+01:00)\n" in said
    assert "Took place" not in said


def test_a_mail_says_who_speaks_and_for_whom() -> None:
    named = mail(about=full_change(services=["SSH", "VPN"]), provider_name="Provider X")
    for body in (text_of(named), html_of(named)):
        assert "Provider X for Acme Industries" in body
        assert "Services affected" in body
        assert "SSH, VPN" in body
    assert "For Acme Industries" in text_of(mail(about=full_change()))


def test_a_completed_change_speaks_of_no_impact_and_no_meeting_to_come() -> None:
    meeting = {"start": "2027-01-20T21:00:00Z", "title": "Bridge"}
    said = text_of(mail(MailKind.COMPLETED, full_change(status="completed", meeting=meeting)))
    assert "Bridge" not in said
    assert "Impact" not in said


@pytest.mark.parametrize(
    ("kind", "subject", "said"),
    [
        (MailKind.ANNOUNCEMENT, "FinOps: ", "This announcement is for your information"),
        (MailKind.UPDATE, "Changed: ", "see “What changed” below"),
        (MailKind.CANCELLED, "Cancelled: ", "was cancelled and no longer applies"),
        (MailKind.WITHDRAWN, "Not relevant: ", "no longer concerns Acme Industries"),
        (MailKind.APPROVAL_REQUEST, "Approve: ", "approve or reject this announcement"),
    ],
)
def test_announcements_have_words_of_their_own(kind: MailKind, subject: str, said: str) -> None:
    before = notice(title="Savings") if kind is MailKind.UPDATE else None
    message = mail(kind, notice(), previous=before)
    assert message["Subject"] == f"{subject}Savings plans [CHG-1]"
    assert said in lead(message)
    assert "Duration" not in text_of(message)
    assert "Impact" not in text_of(message)


def test_an_announcement_leads_to_its_meeting() -> None:
    meeting = {"start": "2027-03-10T15:00:00Z", "join_url": "https://meet.provider.example/f"}
    message = mail(about=notice(meeting=meeting))
    assert "Join the meeting:\nhttps://meet.provider.example/f" in text_of(message)
    assert "Wednesday 10 March 2027, 16:00 (UTC+01:00)\n" in text_of(message)
    assert "2027-03-10 15:00 UTC" in text_of(message)
    assert "The meeting is on Wed 10 Mar, 16:00 (Madrid)." in lead(message)
    assert message["Subject"] == "FinOps: Savings plans, Wed 10 Mar 16:00 [CHG-1]"


def test_a_test_says_so_in_subject_and_body() -> None:
    for message in (mail(test=True), mail(about=full_change(test_run=True))):
        assert str(message["Subject"]).startswith("TEST: Planned: Patch")
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
    assert not re.search(r"[{}]|\bNone\b", said), said
    assert message["Content-Language"] == language
    assert f'<html lang="{language}">' in html_of(message)


def test_what_follows_the_facts_is_quieter_than_what_concerns_the_reader() -> None:
    about = full_change(revision=2, window=LATER, action="1. Save\n2. Leave")
    html = html_of(mail(MailKind.UPDATE, about, previous=full_change()))
    found = re.findall(r"<h2[^>]*?font-size:(\d+)px[^>]*>([^<]*)<", html)
    sizes = {heading: int(size) for size, heading in found}
    loud = {heading: sizes.pop(heading) for heading in ("What you need to do", "What changed")}
    assert len(sizes) == 6
    assert max(sizes.values()) < min(loud.values())


ADVISORY = "https://advisory.vendor.example/7"


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": f"A fix, see {ADVISORY}."},
        {"rollback_plan": f"See [the advisory]({ADVISORY})."},
        {"customer_impact": f"As in {ADVISORY}"},
        {"action": f"Read {ADVISORY}."},
        {"customer_details": {"acme": {"read": ADVISORY}}},
    ],
)
def test_a_link_that_a_text_has_already_is_not_listed_again(fields: dict[str, object]) -> None:
    message = mail(about=full_change(links=[{"title": "Advisory", "url": ADVISORY}], **fields))
    for body in (text_of(message), html_of(message)):
        assert "Links" not in body
        assert "Advisory" not in body
        assert ADVISORY in body


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (MailKind.ANNOUNCEMENT, {"reason": f"See {ADVISORY}?page=2"}),
        # In code it is no link, and of what is over no plan is shown.
        (MailKind.ANNOUNCEMENT, {"reason": f"`curl {ADVISORY}`"}),
        (MailKind.COMPLETED, {"reason": f"See {ADVISORY}", "status": "completed"}),
    ],
)
def test_a_link_that_no_text_has_is_listed(kind: MailKind, fields: dict[str, str]) -> None:
    about = full_change(links=[{"title": "Advisory", "url": ADVISORY}], **fields)
    message = mail(kind, about)
    assert f"Links\n-----\n- Advisory: {ADVISORY}\n" in text_of(message)
    assert f'<a href="{ADVISORY}">Advisory</a>' in html_of(message)


def test_lists_and_line_breaks_of_a_field_are_kept() -> None:
    message = mail(about=full_change())
    assert "1. Drain\n2. Patch" in text_of(message)
    assert '<li value="1">Drain</li>\n<li value="2">Patch</li>\n</ol>' in html_of(message)
    assert re.search(r"<p[^>]*>A fix.</p>\n<p[^>]*>Urgent.</p>", html_of(message))


def test_html_in_a_field_reaches_no_reader() -> None:
    html = "<p>We replace the <strong>gateways</strong>.</p><ul><li>vpn-1</li></ul>"
    own = {"acme": {"note": "<p>Yours &amp; ours</p>"}}
    about = full_change(reason=html, customer_impact="<p>None</p>", customer_details=own)
    message = mail(about=about)
    assert "We replace the **gateways**.\n\n- vpn-1" in text_of(message)
    assert "note: Yours & ours" in text_of(message)
    assert "&lt;" not in html_of(message)
    assert event_of(calendars_of(message)[0])["X-MAINTNOTE-IMPACT"] == "NO-IMPACT"


@pytest.mark.parametrize(
    ("section", "shown"),
    [
        ({"hosts": ["vpn-1", "vpn-2"], "window": None, "reboot": True, "note": "", "x": [],
          "y": {}}, "hosts: vpn-1, vpn-2\nreboot: yes\n"),
        ({"steps": [{"a": 1}, {"b": None}]}, "steps:\n- a: 1\n"),
        ({"site": {"name": "North", "racks": {"r1": 2}}},
         "site:\n- name: North\n- racks:\n  - r1: 2\n"),
        (["one", None, "two"], "- one\n- two\n"),
        ("Just a text.", "Just a text.\n"),
    ],
)  # fmt: skip
def test_the_customers_own_section_is_read_without_brackets(section: object, shown: str) -> None:
    said = text_of(mail(about=full_change(customer_details={"acme": section})))
    assert f"Specific to you\n---------------\n{shown}" in said


@pytest.mark.parametrize("section", [None, "", {}, [], {"a": None, "b": ""}, {"a": [{"b": None}]}])
def test_a_section_that_says_nothing_is_left_out(section: object) -> None:
    said = text_of(mail(about=full_change(customer_details={"acme": section})))
    assert "Specific to you" not in said


def _preheader(message: object) -> str:
    found = re.search(r'aria-hidden="true">([^<]*)<', html_of(message))  # type: ignore[arg-type]
    assert found is not None
    return found[1]


def _button(message: object) -> tuple[str, str] | None:
    """Where the button leads, and its words."""
    pattern = r'class="button"[^>]*><a href=\s*"([^"]*)"[^>]*>([^<]*)<'
    found = re.search(pattern, html_of(message))  # type: ignore[arg-type]
    return (found[1], found[2]) if found else None
