"""What a person chooses on their page, and its effect: list, language, zone."""

import json
from dataclasses import replace
from typing import Any

import pytest

from changecast.contract.errors import ContractError, Retry
from changecast.customer.hints import ChosenHint, hint_chosen
from changecast.customer.ledger import ses_requests
from changecast.customer.ledger.preferences import read_preference
from changecast.customer.responding.applying import Applier, apply_chosen, updated
from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.visitor import Form, Shown, Visitor, plain_of
from tests.integration.responding.conftest import ANA, BOB, visitor

TOPICS = ("approvals", "announcements", "calendar")


def applier(account: Account) -> Applier:
    ledger = replace(account.ledger, wait=account.clock.sleep)
    return Applier(ledger, account.ses, "changecast", account.clock.time)  # type: ignore[arg-type]


def apply_all(account: Account) -> int:
    """Let the function apply what is queued, the newest first: a queue keeps no order."""
    waiting = account.sqs.queue("preferences")
    bodies = [message.body for message in reversed(waiting)]
    waiting.clear()
    for body in bodies:
        apply_chosen(applier(account), body)
    return len(bodies)


def settings(who: Visitor) -> tuple[Shown, Form]:
    (path,) = [link for link in who.open().links if link.startswith("/p/")]
    shown = who.request("GET", path)
    assert shown.status == 200, shown.text
    (form,) = shown.forms
    return shown, form


def choose(who: Visitor, word: str = "change", **values: str) -> Shown:
    asked = who.send(settings(who)[1], **values)
    assert asked.status == 200, asked.text
    return who.confirm(asked, word)


def hears(account: Account, address: str = ANA) -> set[str]:
    return {topic for topic in TOPICS if address in account.ses.contacts.get(topic, ())}


def test_the_page_says_what_can_be_chosen_and_for_whom(ana: Visitor) -> None:
    shown, form = settings(ana)
    assert "These settings are for a…@acme.example." in shown.text
    assert form.choices["approvals"] == ["", "OPT_IN", "OPT_OUT"]
    assert form.choices["everything"] == ["", "leave"]
    assert {"de", "ja", "pt-BR"} < set(form.choices["language"])
    assert "Asia/Tokyo" in form.choices["timezone"]
    assert set(form.fields.values()) == {""}
    assert "<script" not in shown.body


def test_topics_are_changed_one_by_one_and_the_others_stay(account: Account, ana: Visitor) -> None:
    done = choose(ana, approvals="OPT_OUT", calendar="OPT_IN")
    assert "Your choices are recorded." in done.text
    assert hears(account) == {"approvals", "announcements"}  # not before the function has run
    assert apply_all(account) == 1
    assert hears(account) == {"announcements", "calendar"}
    assert hears(account, BOB) == {"approvals", "announcements"}


def test_who_leaves_everything_gets_nothing_until_they_ask_for_a_topic(
    account: Account, ana: Visitor
) -> None:
    choose(ana, everything="leave")
    apply_all(account)
    assert hears(account) == set()
    assert account.ses.people[ANA]["UnsubscribeAll"] is True
    account.clock.now += 60
    choose(ana, calendar="OPT_IN")
    apply_all(account)
    assert hears(account) == {"calendar"}


def test_language_and_zone_hold_for_the_page_at_once_and_for_the_next_mail(
    account: Account, ana: Visitor
) -> None:
    choose(ana, language="de", timezone="Asia/Tokyo")
    apply_all(account)
    shown = ana.open()
    assert "Sie antworten als" in shown.text
    assert "7. März 2027" in shown.text
    assert settings(ana)[1].fields["language"] == "de"
    assert "Europe/Madrid" in visitor(account, BOB).open().text
    account.announce(envelope(2, status="submitted", impact="The shop is down."))
    account.settle()
    last = {mail.to: plain_of(mail) for mail in account.ses.mails}
    assert "7. März 2027" in last[ANA]
    assert "6 March 2027" in last[BOB]
    account.clock.now += 60
    asked = ana.send(settings(ana)[1], language="")
    ana.confirm(asked, "ÄNDERN")
    apply_all(account)
    assert "You are answering as" in ana.open().text


def test_nothing_is_queued_without_the_word(account: Account, ana: Visitor) -> None:
    for word in ("", "leave", "APPROVE", "x" * 5_000):
        assert choose(ana, word, everything="leave").status == 400
    asked = ana.send(settings(ana)[1], everything="leave")
    account.clock.now += 3 * 3_600
    assert ana.confirm(asked, "CHANGE").status == 409
    assert apply_all(account) == 0


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, 400),
        ({"approvals": "YES"}, 400),
        ({"language": "xx"}, 400),
        ({"timezone": "../../etc/passwd"}, 400),
        ({"timezone": "a" * 10_000}, 400),
        ({"everything": "<script>"}, 400),
        ({"admin": "yes"}, 400),
    ],
)
def test_what_cannot_be_chosen_is_refused(
    account: Account, ana: Visitor, values: dict[str, str], status: int
) -> None:
    shown = ana.send(settings(ana)[1], **values)
    assert shown.status == status
    assert "<script>" not in shown.body
    assert apply_all(account) == 0


def test_the_link_grants_nothing_else_and_ends_as_the_mails_link_does(
    account: Account, ana: Visitor
) -> None:
    path = settings(ana)[1].action
    assert ana.request("GET", path.replace("/p/", "/c/")).status == 404
    assert ana.request("GET", path.replace("/p/", "/v/")).status == 404
    own = ana.link.removeprefix("https://answers.acme.example")
    assert ana.request("GET", own.replace("/c/", "/p/")).status == 404
    assert ana.request("PUT", path).status == 405
    account.clock.now += 200 * 86_400
    assert ana.request("GET", path).status == 410


def test_choices_that_arrive_in_another_order_end_as_they_were_made(
    account: Account, ana: Visitor
) -> None:
    choose(ana, approvals="OPT_OUT", language="fr")
    account.clock.now += 5
    choose(ana, timezone="UTC")
    account.clock.now += 5
    choose(ana, approvals="OPT_IN", language="de")
    assert apply_all(account) == 3
    assert "approvals" in hears(account)
    chosen = read_preference(account.ledger, ANA)
    assert (chosen.language, chosen.timezone) == ("de", "UTC")


def test_leaving_wins_over_what_was_chosen_before_it(account: Account, ana: Visitor) -> None:
    choose(ana, calendar="OPT_IN")
    account.clock.now += 5
    choose(ana, everything="leave")
    apply_all(account)
    assert hears(account) == set()


def test_a_choice_that_comes_twice_is_applied_once(account: Account, ana: Visitor) -> None:
    choose(ana, calendar="OPT_IN")
    (message,) = account.sqs.queue("preferences")
    apply_chosen(applier(account), message.body)
    asked = len(account.ses.asked)
    apply_chosen(applier(account), message.body)
    assert hears(account) == {"approvals", "announcements", "calendar"}
    assert len(account.ses.asked) <= asked + 2


def test_one_change_at_a_time_and_one_request_a_second(account: Account, ana: Visitor) -> None:
    choose(ana, calendar="OPT_IN")
    now = account.clock.now
    assert ses_requests.start_change(account.ledger, "another", now, now + 3_600)
    with pytest.raises(Retry):
        apply_chosen(applier(account), account.sqs.queue("preferences")[0].body)
    assert "calendar" not in hears(account)
    ses_requests.end_change(account.ledger, "another")
    for who in (ana, visitor(account, BOB)):
        choose(who, calendar="OPT_IN", language="de")
    begun = account.ses.too_early
    apply_all(account)
    assert account.ses.too_early == begun
    assert "calendar" in hears(account) & hears(account, BOB)


def test_a_contact_that_is_spelled_otherwise_is_found(account: Account, ana: Visitor) -> None:
    for topic, people in account.ses.contacts.items():
        account.ses.contacts[topic] = ["Ana@Acme.example" if one == ANA else one for one in people]
    choose(ana, approvals="OPT_OUT")
    apply_all(account)
    assert hears(account, "Ana@Acme.example") == {"announcements"}


def test_who_is_no_longer_on_the_list_is_not_put_there(account: Account, ana: Visitor) -> None:
    account.ses.contacts = {"announcements": [BOB]}
    choose(ana, announcements="OPT_IN", language="de")
    apply_all(account)
    assert hears(account) == set()
    assert read_preference(account.ledger, ANA).language == "de"


def test_attributes_and_other_topics_of_a_contact_stay() -> None:
    contact: Any = {
        "EmailAddress": ANA,
        "TopicPreferences": [{"TopicName": "newsletter", "SubscriptionStatus": "OPT_IN"}],
        "UnsubscribeAll": False,
        "AttributesData": '{"name": "Ana"}',
    }
    after = updated(contact, {"approvals": "OPT_IN"})
    assert after["AttributesData"] == '{"name": "Ana"}'
    assert {"TopicName": "newsletter", "SubscriptionStatus": "OPT_IN"} in after["TopicPreferences"]


def test_who_comes_back_for_one_topic_gets_no_other_by_default() -> None:
    contact: Any = {
        "EmailAddress": ANA,
        "TopicDefaultPreferences": [
            {"TopicName": name, "SubscriptionStatus": "OPT_IN"} for name in (*TOPICS, "newsletter")
        ],
        "UnsubscribeAll": True,
    }
    after = updated(contact, {"calendar": "OPT_IN"})
    chosen = {one["TopicName"]: one["SubscriptionStatus"] for one in after["TopicPreferences"]}
    assert chosen == {"approvals": "OPT_OUT", "announcements": "OPT_OUT", "calendar": "OPT_IN",
                      "newsletter": "OPT_OUT"}  # fmt: skip
    assert after["UnsubscribeAll"] is False


@pytest.mark.parametrize(
    "settings_",
    [{}, {"everything": "yes"}, {"approvals": "MAYBE"}, {"role": "admin"}, {"language": 5}, None],
)
def test_a_message_that_we_did_not_write_is_refused(account: Account, settings_: Any) -> None:
    body = json.dumps({"v": 1, "chosen": {"run": "r", "batch": 1, "recipient": "k", "at": 1.0,
                                          "settings": settings_}})  # fmt: skip
    with pytest.raises(ContractError):
        apply_chosen(applier(account), body)


def test_no_queue_and_no_log_has_an_address(
    account: Account, ana: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    choose(ana, calendar="OPT_IN")
    (message,) = account.sqs.queue("preferences")
    assert "ana" not in message.body
    with caplog.at_level("INFO"):
        apply_all(account)
        gone = ChosenHint("gone", 1, "0" * 32, 1.0, {"language": "de"})
        apply_chosen(applier(account), hint_chosen(gone))
    said = str([vars(record) for record in caplog.records])
    assert "ana@" not in said
    assert "the choice was not applied" in said


@pytest.mark.parametrize("account", [{"DIGEST": "yes"}], indirect=True)
def test_where_the_customer_wants_it_people_choose_the_weekly_overview(
    account: Account, ana: Visitor
) -> None:
    account.ses.topics = (*TOPICS, "digest")
    assert "Weekly overviews" in settings(ana)[0].text
    choose(ana, digest="OPT_IN")
    apply_all(account)
    assert account.ses.contacts["digest"] == [ANA]
    account.clock.now += 60
    choose(ana, everything="leave")
    apply_all(account)
    assert account.ses.contacts["digest"] == []


def test_elsewhere_it_is_not_on_the_page_and_nobody_can_choose_it(ana: Visitor) -> None:
    shown, form = settings(ana)
    assert "digest" not in form.choices
    assert "Weekly" not in shown.text
    assert ana.send(form, digest="OPT_IN").status == 400
