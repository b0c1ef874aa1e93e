"""People who are nearly up to date are told what they do not know yet, and only that."""

from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import SentMail, Ses

PEOPLE = ["p1@acme.example", "p2@acme.example"]


def subscribed() -> Account:
    return Account(ses=Ses(contacts={"announcements": [*PEOPLE]}))


def put(account: Account, revision: int, **what: object) -> None:
    account.announce(envelope(revision, **what))  # type: ignore[arg-type]
    account.settle()


def test_who_never_got_a_mail_that_bounced_gets_the_next_wording() -> None:
    account = subscribed()

    def bounces(mail: SentMail) -> None:
        account.hear(mail.event("Send"))
        if mail.to == PEOPLE[0]:
            account.hear(mail.event("Bounce", bounce={"bounceType": "Permanent"}))

    account.ses.after = bounces
    put(account, 1)
    put(account, 2, prior_status="another wording")
    assert [mail.to for mail in account.ses.mails[2:]] == [PEOPLE[0]]


def test_a_withdrawal_that_a_cancellation_overtakes_leaves_nobody_untold() -> None:
    account = subscribed()
    put(account, 1)
    account.announce(envelope(2, customers=("globex",), withdrawn=("acme",)))
    account.plan()
    account.announce(envelope(3, status="cancelled"))
    account.settle()
    assert sorted(mail.to for mail in account.ses.mails[2:]) == PEOPLE
    assert account.events.last_report(3)["state"] == "sent"


def test_who_got_the_withdrawal_is_not_told_of_a_cancellation_too() -> None:
    account = subscribed()
    put(account, 1)
    put(account, 2, customers=("globex",), withdrawn=("acme",))
    put(account, 3, status="cancelled")
    assert len(account.ses.mails) == 4
    assert account.events.last_report(3)["state"] == "nothing_to_send"


def test_who_joins_before_an_update_reads_the_whole_change_and_not_what_changed() -> None:
    account = subscribed()
    put(account, 1)
    account.ses.contacts["announcements"].append("new@acme.example")
    put(account, 2, impact="The shop is down.")
    says = {mail.to: b"What changed" in mail.raw for mail in account.ses.mails[2:]}
    assert says == {PEOPLE[0]: True, PEOPLE[1]: True, "new@acme.example": False}


def test_a_customer_that_is_named_again_is_told_what_it_was_told_before_the_withdrawal() -> None:
    account = subscribed()
    put(account, 1)
    put(account, 2, customers=("globex",), withdrawn=("acme",))
    put(account, 3)
    assert sorted(mail.to for mail in account.ses.mails[4:]) == PEOPLE
