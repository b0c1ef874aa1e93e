"""Clocks that differ: a link's last second, and functions whose clocks are ten minutes apart."""

from dataclasses import replace

import pytest

from changecast.customer.ledger.answers import answers_to
from changecast.customer.responding.keyring import parse_keyring
from changecast.customer.responding.tokens import Scope, issue, read
from testbed.doubles.account import Account
from testbed.doubles.secrets import KEYRING
from testbed.doubles.visitor import Visitor, code_in, responder
from tests.integration.responding.conftest import ANA, BOB, visitor
from tests.integration.responding.test_page import recorded

HOUR, OFF = 3_600.0, 600.0
OURS = parse_keyring(KEYRING)


def off(account: Account, seconds: float, address: str = ANA) -> Visitor:
    """A person whose requests reach a function whose clock is a number of seconds ahead."""
    found = responder(account)
    keyrings = replace(found.keyrings, clock=lambda: account.clock.now + seconds)
    return replace(
        visitor(account, address),
        responder=replace(found, clock=keyrings.clock, keyrings=keyrings),
    )


@pytest.mark.parametrize(
    ("after", "status"), [(-60.0, 200), (-0.001, 200), (0.0, 410), (0.001, 410), (60.0, 410)]
)
def test_a_link_works_until_its_last_second_and_no_longer(
    account: Account, ana: Visitor, after: float, status: int
) -> None:
    token = read(OURS, ana.link.rpartition("/")[2], Scope.RESPOND, "acme", account.clock.now)
    account.clock.now = token.expires_at + after
    shown = ana.open()
    assert (shown.status, "This link has expired." in shown.text) == (status, status == 410)
    assert ana.request("POST", f"/c/{ana.link.rpartition('/')[2]}").status == (
        415 if status == 200 else 410
    )


@pytest.mark.parametrize("scope", [Scope.RESPOND, Scope.VIEW, Scope.PREFERENCES])
def test_a_link_that_expires_now_grants_nothing_whatever_it_is_for(
    account: Account, ana: Visitor, scope: Scope
) -> None:
    token = read(OURS, ana.link.rpartition("/")[2], Scope.RESPOND, "acme", account.clock.now)
    path = {Scope.RESPOND: "c", Scope.VIEW: "v", Scope.PREFERENCES: "p"}[scope]
    now = account.clock.now // 60 * 60
    ended = issue(OURS, replace(token, scope=scope, expires_at=now))
    works = issue(OURS, replace(token, scope=scope, expires_at=now + 60))
    assert ana.request("GET", f"/{path}/{ended}").status == 410
    assert ana.request("GET", f"/{path}/{works}").status == 200


@pytest.mark.parametrize("seconds", [OFF, -OFF])
def test_an_answer_counts_whose_clock_is_ten_minutes_off(account: Account, seconds: float) -> None:
    who = off(account, seconds)
    assert who.confirm(who.choose("acknowledged"), "SEEN").status == 200
    assert "Acknowledged on" in who.open().text
    assert [one["response"] for one in recorded(account)] == ["acknowledged"]


@pytest.mark.parametrize("seconds", [OFF, -OFF + 1])
def test_a_code_works_where_the_senders_clock_is_another(account: Account, seconds: float) -> None:
    who = off(account, seconds)
    coded = who.confirm(who.choose("approved"), "APPROVE")
    account.send()
    done = who.send(coded.forms[0], code=code_in(account.ses.mails[-1]))
    assert "Your answer is recorded." in done.text
    assert [one["response"] for one in recorded(account)] == ["approved"]


def test_the_page_says_if_the_sender_takes_a_new_code_for_an_old_one(account: Account) -> None:
    who, before = off(account, -OFF), len(account.ses.mails)
    coded = who.confirm(who.choose("approved"), "APPROVE")
    account.send()
    assert len(account.ses.mails) == before
    shown = who.send(coded.forms[0], code="12345678")
    assert (shown.status, "could not be sent" in shown.text) == (400, True)
    assert recorded(account) == []


@pytest.mark.parametrize(("page", "answer"), [(OFF, 0.0), (0.0, OFF), (-OFF, OFF), (OFF, -OFF)])
@pytest.mark.parametrize("before_the_hour", [1.0, 599.0, 601.0, 1_800.0])
def test_page_and_answer_may_come_from_functions_ten_minutes_apart(
    account: Account, page: float, answer: float, before_the_hour: float
) -> None:
    account.clock.now = (account.clock.now // HOUR + 1) * HOUR - before_the_hour
    asked = off(account, page).choose("acknowledged")
    done = off(account, answer).confirm(asked, "SEEN")
    assert (done.status, "Your answer is recorded." in done.text) == (200, True)


def test_the_number_orders_answers_whose_clocks_run_backwards(account: Account) -> None:
    """Ana answers again, on a function that is ten minutes behind the first."""
    early, late = off(account, OFF), off(account, -OFF)
    assert early.confirm(early.choose("acknowledged", comment="first"), "SEEN").status == 200
    assert late.confirm(late.choose("acknowledged", comment="second"), "SEEN").status == 200
    bob = off(account, 0.0, BOB)
    assert bob.confirm(bob.choose("acknowledged"), "SEEN").status == 200
    heard = recorded(account)
    by_number = [one["comment"] for one in sorted(heard, key=lambda one: one["response_seq"])]
    assert by_number == ["first", "second", ""]
    assert sorted(one.comment for one in answers_to(account.ledger, "CHG1")) == ["", "second"]
    assert heard[-1]["counts"]["acknowledged"] == 2
