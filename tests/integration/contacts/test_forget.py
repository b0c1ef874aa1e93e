"""Forgetting a person: contact and address go, states and counts stay, open mails come first."""

from typing import Any

import pytest

from changecast.customer.ledger.preferences import Preference, choose, read_preferences
from changecast.customer.ledger.schema import mailbox_of
from changecast.customer.responding.keyring import parse_keyring
from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.forget import look, remove, said
from changecast_cli.contacts.records import Contact, every_contact
from changecast_cli.contacts.suppression_list import suppress, suppressed
from changecast_cli.contacts.write import create
from testbed.doubles.account import ANSWERING, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.ses import Ses
from testbed.doubles.visitor import Visitor, link_in, responder

ANA, BEN = "Ana@acme.example", "ben@acme.example"
NOW = 1_800_000_000.0


@pytest.fixture
def account(here: OpenList) -> Account:
    """Its functions write a ledger in the account whose list `here` is."""
    return account_of(here, {"announcements": [ANA, BEN]})


def account_of(here: OpenList, people: dict[str, list[str]], **environment: str) -> Account:
    client = here.session.client("dynamodb")
    client.create_table(
        TableName="ledger",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "due", "AttributeType": "S"},
            {"AttributeName": "due_at", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"},
                   {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "due",
            "KeySchema": [{"AttributeName": "due", "KeyType": "HASH"},
                          {"AttributeName": "due_at", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
    )  # fmt: skip
    for address in (ANA, BEN):
        create(here, Contact(address, {"announcements": "OPT_IN"}))
    return Account(ses=Ses(contacts=people), table=client, environment=environment)


def forgotten(here: OpenList, *, suppression_too: bool = False) -> int:
    person = look(here, "ledger", ANA)
    return remove(here, "ledger", person, NOW, suppression_too=suppression_too)


def test_the_address_is_gone_and_states_and_counts_stay(here: OpenList, account: Account) -> None:
    for revision in (1, 2):
        account.announce(envelope(revision, hours=revision))
        account.settle(2)
    before = account.events.last_report()["counts"]
    assert forgotten(here) == 2
    assert [each.address for each in every_contact(here)] == [BEN]
    for revision in (1, 2):
        assert account.states("CHG1", revision) == {"": "SENT", BEN: "SENT"}
    account.hear(account.ses.mails[0].event("Delivery"))
    account.settle(1)
    after = account.events.last_report(1)["counts"]
    assert after["sent"] == before["sent"] == 2
    assert after["delivered"] == 1, "what SES says later still counts"
    assert "" in account.states("CHG1"), "and brings no address back"


def test_the_language_that_a_person_chose_is_forgotten(here: OpenList, account: Account) -> None:
    for address in (ANA, BEN):
        mailbox = mailbox_of(address.lower())
        assert choose(account.ledger, Preference(mailbox, "de", "Asia/Tokyo"))
    assert forgotten(here) == 1
    assert [*read_preferences(account.ledger)] == [mailbox_of(BEN)]


def test_again_it_finds_nobody_and_does_nothing(here: OpenList, account: Account) -> None:
    account.announce(envelope())
    account.settle(2)
    forgotten(here)
    person = look(here, "ledger", ANA)
    assert (person.contacts, person.ledger.done, person.ledger.unfinished) == ((), (), ())
    assert forgotten(here) == 0


def test_a_later_change_is_told_to_the_others_as_before(here: OpenList, account: Account) -> None:
    account.announce(envelope())
    account.settle(2)
    forgotten(here)
    account.ses.contacts = {"announcements": [BEN]}
    account.announce(envelope(2, hours=4))
    account.settle(2)
    assert [mail.to for mail in account.ses.mails[2:]] == [BEN]
    assert account.events.last_report()["state"] == "sent"


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_who_may_still_be_sent_to_keeps_the_address_until_that_is_over(
    here: OpenList, account: Account, policy: str
) -> None:
    account.environment |= {"UNKNOWN_POLICY": policy}
    account.start()

    def no_answer(to: str) -> None:
        if to.startswith("ana"):
            raise refusal("InternalFailure", 500)

    account.ses.answer = no_answer
    account.announce(envelope())
    account.settle(80 if policy == "hold" else 3)
    person = look(here, "ledger", ANA)
    assert (len(person.ledger.done), len(person.ledger.unfinished)) == (0, 1)
    assert person.ledger.runs == [account.run("CHG1").run]
    assert any(
        "1 item left for now, because a mail may still be sent" in line
        for line in said(here, person, suppression_too=False)
    )
    assert forgotten(here) == 0
    assert "ana@acme.example" in account.states("CHG1")


def test_a_recipient_who_moves_in_between_is_left_for_the_next_time(
    here: OpenList, account: Account
) -> None:
    account.announce(envelope())
    account.settle(2)
    person = look(here, "ledger", ANA)
    mail = next(mail for mail in account.ses.mails if mail.to.startswith("ana"))
    account.hear(mail.event("Delivery"))
    account.settle(1)
    assert remove(here, "ledger", person, NOW, suppression_too=False) == 0
    assert forgotten(here) == 1


@pytest.mark.parametrize("too", [False, True])
def test_the_suppression_list_is_touched_only_where_it_is_asked_for(
    here: OpenList, account: Account, too: bool
) -> None:
    suppress(here, [{"address": one, "reason": "BOUNCE"} for one in ("ana@acme.example", BEN)])
    forgotten(here, suppression_too=too)
    left: list[Any] = [one["address"] for one in suppressed(here)]
    assert left == ([BEN] if too else ["ana@acme.example", BEN])


def test_what_planners_keep_of_the_list_is_deleted(here: OpenList, account: Account) -> None:
    del account
    s3: Any = here.session.client("s3")
    for name in ("contacts/reading.json", "imports/people.csv"):
        s3.put_object(Bucket=here.bucket, Key=name, Body=ANA.encode())
    forgotten(here)
    left = s3.list_objects_v2(Bucket=here.bucket)["Contents"]
    assert [one["Key"] for one in left] == ["imports/people.csv"]


@pytest.fixture(params=["pseudonym", "address"])
def answering(here: OpenList, request: pytest.FixtureRequest) -> Account:
    """Ana and Ben must both approve, and do."""
    more = {"APPROVALS_NEEDED": "all", "RESPONSE_CONFIRMATION": "phrase"}
    more["RESPONDER_IDENTITY"] = request.param
    found = account_of(here, {"approvals": [ANA, BEN], "announcements": []}, **ANSWERING | more)
    found.announce(envelope(status="submitted"))
    found.settle(2)
    for address in (ANA, BEN):
        approve(found, address)
    assert heard(found)[-1]["approval"] == "approved"
    return found


def visitor(account: Account, address: str) -> Visitor:
    (mail,) = [mail for mail in account.ses.mails if mail.to.lower() == address.lower()]
    return Visitor(responder(account), link_in(mail))


def approve(account: Account, address: str, **more: str) -> None:
    who = visitor(account, address)
    done = who.confirm(who.choose("approved", **more), "APPROVE")
    assert "Your answer is recorded." in done.text
    account.settle(1)


def heard(account: Account) -> list[dict[str, Any]]:
    found = [one for one in account.events.reports() if "response" in one]
    return sorted(found, key=lambda one: int(one["report_seq"]))


def test_no_answer_says_whose_it_was_and_every_answer_still_counts(
    here: OpenList, answering: Account
) -> None:
    mailbox = mailbox_of("ana@acme.example")
    assert mailbox in str(answering.table.scan(TableName="ledger")["Items"])
    assert forgotten(here) > 0
    left = str(answering.table.scan(TableName="ledger")["Items"]).lower()
    assert "ana@acme" not in left
    assert mailbox not in left
    assert visitor(answering, ANA).open().status == 410
    approve(answering, BEN, comment="Still yes")
    last = heard(answering)[-1]
    assert (last["approval"], last["counts"]["approved"]) == ("approved", 2)


def test_the_address_of_a_calendar_ends_with_its_person(here: OpenList, answering: Account) -> None:
    keys = parse_keyring(answering.secrets.secret)
    calendars = {
        address: next(link for link in visitor(answering, address).open().links if "/f/" in link)
        for address in (ANA, BEN)
    }
    person, now = look(here, "ledger", ANA), answering.clock.time()
    remove(here, "ledger", person, now, suppression_too=False, keyring=keys)
    anybody = Visitor(responder(answering))
    assert [anybody.open(calendars[address]).status for address in (ANA, BEN)] == [410, 200]
    assert visitor(answering, BEN).open().status == 200


def test_a_forgotten_approver_keeps_nobody_waiting(here: OpenList, answering: Account) -> None:
    """A new revision asks again; who is no longer known need not answer."""
    answering.announce(envelope(2, status="submitted", impact="The shop is down."))
    answering.settle(2)
    forgotten(here)
    (mail,) = [mail for mail in answering.ses.mails[2:] if mail.to == BEN]
    who = Visitor(responder(answering), link_in(mail))
    assert who.confirm(who.choose("approved"), "APPROVE").status == 200
    answering.settle(1)
    assert heard(answering)[-1]["approval"] == "approved"
