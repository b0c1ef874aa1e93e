"""People who take calendar entries and no announcements get the entry, and every change of it."""

import email
from email.policy import default

from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import SentMail

ANA = "ana@acme.example"


def mails_to(account: Account, address: str = ANA) -> list[SentMail]:
    return [mail for mail in account.ses.mails if mail.to == address]


def method_of(mail: SentMail) -> str:
    message = email.message_from_bytes(mail.raw, policy=default)
    found = (part for part in message.walk() if part.get_content_type() == "text/calendar")
    return str(next(found).get_param("method"))


def plain_of(mail: SentMail) -> str:
    body = email.message_from_bytes(mail.raw, policy=default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_who_only_takes_calendar_entries_gets_the_entry_and_counts(account: Account) -> None:
    account.ses.contacts["calendar"].append(ANA)
    account.announce(envelope())
    account.settle()
    (mail,) = mails_to(account)
    assert method_of(mail) == "REQUEST"
    counts = account.events.last_report()["counts"]
    assert (counts["planned"], counts["sent"]) == (6, 6)


def test_the_mail_is_sent_on_the_topic_that_the_person_takes(account: Account) -> None:
    """SES bounces a mail on a topic that its recipient is out of."""
    account.ses.contacts["calendar"].append(ANA)
    account.announce(envelope())
    account.settle()
    (mail,) = mails_to(account)
    assert mail.topic == "calendar"
    assert mail.tags["ses:feedback-id-a"] == "calendar"
    assert "subscribed to calendar entries" in plain_of(mail)
    assert {mail.topic for mail in mails_to(account, "p1@acme.example")} == {"announcements"}


def test_nobody_is_mailed_twice_for_being_on_both_topics(account: Account) -> None:
    account.ses.contacts["calendar"] += [ANA, " P2@ACME.example", "p1@acme.example"]
    account.announce(envelope())
    account.settle()
    assert sorted(mail.to for mail in account.ses.mails) == [
        ANA,
        *(f"p{number}@acme.example" for number in range(1, 6)),
    ]


def test_a_moved_window_and_a_cancellation_move_and_remove_the_entry(account: Account) -> None:
    account.ses.contacts["calendar"].append(ANA)
    for event in (envelope(1), envelope(2, hours=3), envelope(3, hours=3, status="cancelled")):
        account.announce(event)
        account.settle()
    assert [method_of(mail) for mail in mails_to(account)] == ["REQUEST", "REQUEST", "CANCEL"]
    assert "What changed" in plain_of(mails_to(account)[1])
    assert {mail.topic for mail in mails_to(account)} == {"calendar"}


def test_a_withdrawn_customer_takes_the_entry_back(account: Account) -> None:
    account.ses.contacts["calendar"].append(ANA)
    account.announce(envelope(1))
    account.settle()
    account.announce(envelope(2, customers=("globex",), withdrawn=("acme",)))
    account.settle()
    assert [method_of(mail) for mail in mails_to(account)] == ["REQUEST", "CANCEL"]


def test_a_list_of_nobody_but_calendar_people_is_no_empty_list(account: Account) -> None:
    account.ses.contacts |= {"announcements": [], "calendar": [ANA]}
    account.announce(envelope())
    account.settle()
    assert [mail.to for mail in account.ses.mails] == [ANA]
    assert account.events.last_report()["state"] == "sent"


def test_an_approval_request_is_no_calendar_entry(account: Account) -> None:
    account.ses.contacts["calendar"].append(ANA)
    account.announce(envelope(status="submitted"))
    account.settle()
    assert mails_to(account) == []


def test_a_minor_revision_leaves_the_entry_alone(account: Account) -> None:
    account.ses.contacts["calendar"].append(ANA)
    for event in (envelope(1), envelope(2, prior_status="approved")):
        account.announce(event)
        account.settle()
    assert len(mails_to(account)) == 1


def test_an_address_in_no_topic_any_more_gets_nothing_more(account: Account) -> None:
    account.ses.contacts["calendar"].append(ANA)
    account.announce(envelope(1))
    account.settle()
    account.ses.contacts["calendar"].remove(ANA)
    account.announce(envelope(2, hours=3))
    account.settle()
    assert len(mails_to(account)) == 1
