"""From the mail to the answer at the hub, as one person does it."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.visitor import Shown, Visitor, code_in, link_in
from tests.integration.responding.conftest import ANA, BOB, EVA, visitor

LATER = {"start1": "2027-03-08T23:00", "end1": "2027-03-09T01:00"}


def recorded(account: Account) -> list[dict[str, Any]]:
    """Return the answers that reached the hub."""
    account.settle()
    found = [one for one in account.events.reports() if "response" in one]
    return sorted(found, key=lambda one: int(one["response_seq"]))


def approve(who: Visitor, account: Account) -> Shown:
    asked = who.confirm(who.choose("approved"), "approve")
    account.send()
    return who.send(asked.forms[0], code=code_in(account.ses.mails[-1]))


def test_every_mail_has_a_link_of_its_own_and_nothing_else_of_the_page(account: Account) -> None:
    links = {mail.to: link_in(mail) for mail in account.ses.mails}
    assert len(links) == len(set(links.values())) == 3
    for mail in account.ses.mails:
        assert links[mail.to].encode() not in b"".join(mail.raw.split(b"text/calendar")[1:])
        for header in mail.raw.split(b"\r\n\r\n")[0].split(b"\r\n"):
            assert b"answers.acme.example" not in header


def test_the_page_says_what_when_and_in_whose_name(ana: Visitor) -> None:
    shown = ana.open()
    assert shown.status == 200
    for said in (
        "Database upgrade",
        "6 March 2027",
        "The shop is read-only.",
        "Europe/Madrid",
        "You are answering as a…@acme.example.",
        "You have not answered yet.",
    ):
        assert said in shown.text
    assert ANA not in shown.body
    assert "<script" not in shown.body
    assert "style=" not in shown.body


def test_an_acknowledgement_reaches_the_hub_once(account: Account, ana: Visitor) -> None:
    asked = ana.choose("acknowledged", comment="Fine =cmd <b>")
    assert "Type SEEN to confirm." in asked.text
    assert recorded(account) == []
    done = ana.confirm(asked, " seen ")
    assert (done.status, "Your answer is recorded." in done.text) == (200, True)
    assert ana.confirm(asked, "SEEN").status == 200  # pressed twice
    (heard,) = recorded(account)
    assert (heard["response"], heard["comment"], heard["revision"]) == (
        "acknowledged", "Fine =cmd <b>", 1,
    )  # fmt: skip
    assert heard["counts"]["asked"] == 3
    assert ANA not in str(heard)
    assert "Acknowledged on" in ana.open().text


def test_an_approval_asks_for_the_code_that_is_mailed_now_and_once(
    account: Account, ana: Visitor
) -> None:
    before = len(account.ses.mails)
    asked = ana.choose("approved")
    account.settle()
    assert len(account.ses.mails) == before  # nothing is mailed before the word is right
    coded = ana.confirm(asked, "APPROVE")
    assert "We sent a code to a…@acme.example." in coded.text
    account.send()
    (mail,) = account.ses.mails[before:]
    assert mail.to == ANA
    wrong = ana.send(coded.forms[0], code="00000000")
    assert (wrong.status, "That is not the right code." in wrong.text) == (400, True)
    assert recorded(account) == []
    done = ana.send(wrong.forms[0], code=f" {code_in(mail)[:4]} {code_in(mail)[4:]} ")
    assert "The provider sees your approval." in done.text
    assert [one["response"] for one in recorded(account)] == ["approved"]
    # Who has entered one is not asked again.
    changed = ana.confirm(ana.choose("rejected", comment="No"), "REJECT")
    assert "Your answer is recorded." in changed.text
    assert [one["response"] for one in recorded(account)] == ["approved", "rejected"]


def test_a_code_is_for_one_person_and_has_five_tries(account: Account, ana: Visitor) -> None:
    coded = ana.confirm(ana.choose("approved"), "APPROVE")
    account.send()
    ours = code_in(account.ses.mails[-1])
    bob = visitor(account, BOB)
    bobs = bob.confirm(bob.choose("approved"), "APPROVE")
    assert bob.send(bobs.forms[0], code=ours).status == 400
    for _ in range(5):
        ana.send(coded.forms[0], code="12345678")
    late = ana.send(coded.forms[0], code=ours)
    assert (late.status, "no longer works" in late.text) == (400, True)
    assert recorded(account) == []


def test_a_code_lives_ten_minutes_and_three_are_mailed_an_hour(
    account: Account, ana: Visitor
) -> None:
    coded = ana.confirm(ana.choose("approved"), "APPROVE")
    account.send()
    ours = code_in(account.ses.mails[-1])
    account.clock.now += 601
    assert ana.send(coded.forms[0], code=ours).status == 400
    again = []
    for _ in range(3):
        again.append(ana.send(coded.forms[1], again="yes").status)
        account.send()
    assert again == [200, 200, 429]
    assert len([mail for mail in account.ses.mails if mail.to == ANA]) == 4


@pytest.mark.parametrize("account", [{"RESPONSE_CONFIRMATION": "phrase"}], indirect=True)
def test_without_codes_the_word_is_enough(account: Account, ana: Visitor) -> None:
    done = ana.confirm(ana.choose("approved"), "APPROVE")
    assert "Your answer is recorded." in done.text
    assert [one["response"] for one in recorded(account)] == ["approved"]


@pytest.mark.parametrize("word", ["", "SEEN", "yes", "APPROVE!", "x" * 10_000, "\u202eEVORPPA"])
def test_another_word_records_nothing(account: Account, ana: Visitor, word: str) -> None:
    shown = ana.confirm(ana.choose("approved"), word)
    assert (shown.status, "That is not the right word." in shown.text) == (400, True)
    account.settle()
    assert not [mail for mail in account.ses.mails if "code" in mail.tags.values()]
    assert recorded(account) == []


def test_a_rejection_needs_its_reason(account: Account, ana: Visitor) -> None:
    shown = ana.choose("rejected", comment="  ")
    assert (shown.status, "Say why you reject the change." in shown.text) == (400, True)


def test_another_time_is_asked_for_by_the_customers_clocks(account: Account, ana: Visitor) -> None:
    asked = ana.choose("reschedule_requested", comment="Month end", **LATER)
    assert "8 March 2027, 23:00" in asked.text
    ana.confirm(asked, "MOVE")
    (heard,) = recorded(account)
    assert heard["windows"] == [{"start": "2027-03-08T22:00:00Z", "end": "2027-03-09T00:00:00Z"}]


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({}, "Enter at least one date and time."),
        ({"start1": "2027-03-08T23:00"}, "enter both its start and its end"),
        ({"start2": "soon", "end2": "later"}, "Time 2: soon is not a valid date and time."),
        ({"start1": "2027-03-28T02:30", "end1": "2027-03-28T05:00"}, "does not exist"),
        ({"start1": "2027-10-31T02:30", "end1": "2027-10-31T05:00"}, "occurs twice"),
        (
            {"start1": "2027-03-08T23:00", "end1": "2027-03-08T22:00"},
            "does not end after it starts",
        ),
        ({"start1": "2020-03-08T23:00", "end1": "2020-03-09T22:00"}, "is in the past"),
        ({"start1": "9" * 500, "end1": "<b>"}, "is not a valid date and time."),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_and_stays_in_its_field(
    account: Account, ana: Visitor, entered: dict[str, str], said: str
) -> None:
    shown = ana.choose("reschedule_requested", comment="Why <i>", **entered)
    assert (shown.status, said in shown.text) == (400, True)
    form = shown.form("reschedule_requested")
    assert form.fields["comment"].strip() == "Why <i>"
    assert {name: form.fields[name] for name in entered} == entered
    assert recorded(account) == []


def test_who_answers_while_the_change_moves_on_sees_the_new_one_first(
    account: Account, ana: Visitor
) -> None:
    asked = ana.choose("acknowledged")
    account.announce(envelope(2, status="submitted", impact="The shop is down."))
    account.settle()
    shown = ana.confirm(asked, "SEEN")
    assert (shown.status, "updated while you were answering" in shown.text) == (409, True)
    assert "The shop is down." in shown.text
    assert (
        "The shop is read-only." in shown.text
    )  # what changed, beside what the link was sent with
    assert recorded(account) == []
    assert ana.confirm(ana.choose("acknowledged"), "SEEN").status == 200
    assert [one["revision"] for one in recorded(account)] == [2]


def test_of_two_windows_of_one_person_the_second_is_told(account: Account, ana: Visitor) -> None:
    one, two = ana.choose("acknowledged"), ana.choose("acknowledged", comment="again")
    assert ana.confirm(one, "SEEN").status == 200
    late = ana.confirm(two, "SEEN")
    assert late.status == 409
    assert len(recorded(account)) == 1


def test_a_page_that_was_open_for_hours_asks_again(account: Account, ana: Visitor) -> None:
    asked = ana.choose("acknowledged")
    account.clock.now += 2 * 3_600
    assert ana.confirm(asked, "SEEN").status == 409
    assert recorded(account) == []


def test_after_the_decision_only_what_still_makes_sense_is_offered(
    account: Account, ana: Visitor
) -> None:
    account.announce(envelope(2, status="approved"))
    account.settle()
    shown = ana.open()
    offered = [value for form in shown.forms for name, value in form.buttons if name == "answer"]
    assert offered == ["acknowledged", "reschedule_requested"]
    late = ana.send(shown.forms[0], answer="approved")
    assert late.status == 409
    assert recorded(account) == []


@pytest.mark.parametrize(
    ("later", "said", "status"),
    [
        ({"status": "cancelled"}, "This change was cancelled.", 200),
        ({"status": "completed"}, "This change is complete.", 200),
        ({"customers": ("globex",), "withdrawn": ("acme",)}, "no longer affects Acme", 410),
    ],
)
def test_what_has_ended_says_so_and_takes_no_answer(
    account: Account, ana: Visitor, later: dict[str, Any], said: str, status: int
) -> None:
    asked = ana.choose("acknowledged")
    account.announce(envelope(2, **({"status": "submitted"} | later)))
    account.settle()
    shown = ana.open()
    assert (shown.status, said in shown.text) == (status, True)
    assert shown.forms == []
    assert ana.confirm(asked, "SEEN").status == (410 if status == 410 else 409)
    assert recorded(account) == []


def test_a_change_whose_window_is_over_takes_no_answer(account: Account, ana: Visitor) -> None:
    account.clock.now = datetime(2027, 3, 7, tzinfo=UTC).timestamp()
    shown = ana.open()
    assert "This change is over." in shown.text
    assert shown.forms == []
    for asks in ("Please approve", "Approval needed", "answering as", "not answered yet"):
        assert asks not in shown.text


def test_an_answer_stays_on_the_page_when_the_change_is_over(
    account: Account, ana: Visitor
) -> None:
    assert ana.confirm(ana.choose("acknowledged"), "SEEN").status == 200
    account.announce(envelope(2, status="cancelled"))
    account.settle()
    shown = ana.open()
    assert "Acknowledged on" in shown.text
    assert shown.text.count("This change was cancelled.") == 1


def test_everybody_answers_for_themselves(account: Account) -> None:
    for address in (ANA, BOB, EVA):
        who = visitor(account, address)
        assert who.confirm(who.choose("acknowledged"), "SEEN").status == 200
    heard = recorded(account)
    assert len({one["responder"] for one in heard}) == 3
    assert heard[-1]["counts"]["acknowledged"] == 3


@pytest.mark.parametrize("account", [{"RESPONDER_IDENTITY": "address"}], indirect=True)
def test_the_hub_hears_an_address_only_where_the_customer_wants_that(
    account: Account, ana: Visitor
) -> None:
    ana.confirm(ana.choose("acknowledged"), "SEEN")
    assert [one["responder"] for one in recorded(account)] == [ANA]


def test_other_open_changes_are_listed_and_tests_are_not(account: Account, ana: Visitor) -> None:
    account.announce(envelope(change_id="CHG2", event_id="0b7f5d3e-58f4-4a52-9a7d-8f2f4bb6a402"))
    account.announce(
        envelope(change_id="CHG3", test=True, event_id="0b7f5d3e-58f4-4a52-9a7d-8f2f4bb6a403")
    )
    account.settle()
    text = ana.open().body
    assert "CHG2" in text
    assert "CHG3" not in text


def announce_more(account: Account, *starts: tuple[str, str]) -> None:
    """Announce a change for each id and start."""
    for change_id, start in starts:
        account.announce(envelope(change_id=change_id, start=start, event_id=str(uuid4())))
    account.settle()


def agenda_of(text: str) -> list[tuple[str, list[str]]]:
    """Return the days under the agenda's heading, each with the text of its changes."""
    part = text.partition("The next 14 days</h2>")[2].partition("<h2>")[0]
    days = re.findall(r"<h3>(.*?)</h3>(.*?)</ul>", part, re.S)
    return [
        (day, [re.sub(r"<[^>]+>", "|", one) for one in re.findall(r"<li[^>]*>(.*?)</li>", found)])
        for day, found in days
    ]


def test_the_page_shows_the_next_14_days_day_by_day(account: Account, ana: Visitor) -> None:
    account.clock.now = datetime(2027, 3, 1, 10, tzinfo=UTC).timestamp()
    announce_more(
        account,
        ("NIGHT", "2027-03-06T22:30:00Z"),
        ("EARLY", "2027-03-05T08:00:00Z"),
        ("LAST", "2027-03-15T09:59:00Z"),
        ("BEYOND", "2027-03-15T12:00:00Z"),
    )

    text = ana.open().body

    assert agenda_of(text) == [
        (
            "Friday 5 March 2027",
            ["|Database upgrade||09:00\u00a0– 11:00 (UTC+01:00)|Approved · EARLY"],
        ),
        (
            "Saturday 6 March 2027",
            [
                "|Database upgrade||23:00\u00a0– Sunday 7 March, 01:00 (UTC+01:00)|"
                "Waiting for approval · CHG1 · this change",
                "|Database upgrade||23:30\u00a0– Sunday 7 March, 01:30 (UTC+01:00)|"
                "Approved · NIGHT",
            ],
        ),
        (
            "Monday 15 March 2027",
            ["|Database upgrade||10:59\u00a0– 12:59 (UTC+01:00)|Approved · LAST"],
        ),
    ]
    later = text.partition("Other open changes</h2>")[2]
    assert "BEYOND" in later
    assert "NIGHT" not in later


def test_the_agenda_leaves_out_what_ended_was_withdrawn_or_is_a_test(
    account: Account, ana: Visitor
) -> None:
    account.clock.now = datetime(2027, 3, 1, 10, tzinfo=UTC).timestamp()
    soon = "2027-03-05T08:00:00Z"
    announce_more(account, ("CANCELLED", soon), ("GONE", soon), ("OVER", "2027-03-01T11:00:00Z"))
    account.announce(envelope(2, change_id="CANCELLED", status="cancelled", start=soon))
    account.announce(
        envelope(2, change_id="GONE", start=soon, customers=("globex",), withdrawn=("acme",))
    )
    account.announce(envelope(change_id="TRIED", start=soon, test=True))
    account.settle()
    account.clock.now = datetime(2027, 3, 1, 14, tzinfo=UTC).timestamp()

    ((_, changes),) = agenda_of(ana.open().body)

    assert [one.split(" · ")[1] for one in changes] == ["CHG1"]


def test_a_change_under_way_stays_on_the_agenda(account: Account, ana: Visitor) -> None:
    announce_more(account, ("RUNNING", "2027-03-05T08:00:00Z"))
    account.announce(
        envelope(2, change_id="RUNNING", status="in_progress", start="2027-03-05T08:00:00Z")
    )
    account.settle()
    account.clock.now = datetime(2027, 3, 5, 9, tzinfo=UTC).timestamp()

    (_, changes), _ = agenda_of(ana.open().body)

    assert ["In progress · RUNNING" in one for one in changes] == [True]
