"""What every channel guarantees, e-mail, chat and webhook: the one suite that each must pass."""

import json

import pytest

from changecast.customer.ledger.endpoints import remove_endpoint
from testbed.doubles.announcements import envelope
from testbed.doubles.crashes import Crashes, Died
from tests.integration.channels.ways import WAYS, Way, way

EVERY = pytest.mark.parametrize("name", WAYS)


def planned(name: str, **environment: str) -> Way:
    found = way(name, **environment)
    found.account.announce(envelope())
    found.account.plan()
    return found


@EVERY
def test_what_was_accepted_is_sent_under_an_id(name: str) -> None:
    found = planned(name)
    found.deliver()
    assert (found.recipient.state, found.recipient.attempt) == ("SENT", 1)
    assert found.recipient.message_id
    (told,) = found.told()
    assert "Database upgrade" in told.text


@EVERY
def test_the_same_hint_again_tells_nobody_twice(name: str) -> None:
    found = planned(name)
    (hint,) = found.account.sqs.bodies(found.queue)
    for _ in range(3):
        found.account.sqs.send_message(QueueUrl=found.queue, MessageBody=hint)
    found.deliver()
    found.account.settle()
    assert len(found.told()) == 1


@EVERY
def test_a_lost_hint_is_found_by_the_sweep(name: str) -> None:
    found = planned(name)
    found.account.sqs.queue(found.queue).clear()
    found.account.settle(15)
    assert len(found.told()) == 1
    assert found.recipient.state == "SENT"


@EVERY
def test_an_announcement_that_is_delivered_again_tells_nobody_twice(name: str) -> None:
    found = planned(name)
    found.account.announce(envelope())
    found.account.settle()
    assert len(found.told()) == 1


@EVERY
def test_a_call_that_is_refused_for_now_is_made_again(name: str) -> None:
    found = planned(name)
    found.throttle(2)
    found.deliver()
    assert found.recipient.state == "PLANNED"
    found.account.settle(15)
    assert found.recipient.state == "SENT"
    assert len({told.id for told in found.told()}) == 1


@EVERY
def test_a_recipient_that_is_refused_for_good_fails_and_is_not_called_again(name: str) -> None:
    found = planned(name)
    found.refuse()
    found.account.settle(30)
    assert (found.recipient.state, found.recipient.attempt) == ("FAILED", 1)
    assert found.recipient.code


@EVERY
def test_a_newer_revision_ends_what_is_not_sent_yet(name: str) -> None:
    found = planned(name)
    found.account.announce(envelope(2, impact="Another impact."))
    found.account.plan()
    found.account.settle()
    assert found.recipient.state == "SUPERSEDED"
    (told,) = found.told()
    assert "Another impact." in told.text
    assert found.recipient_of("CHG1", 2).state == "SENT"


@EVERY
def test_who_was_told_hears_that_the_change_is_no_longer_about_them(name: str) -> None:
    found = planned(name)
    found.account.settle()
    found.account.announce(envelope(2, customers=("globex",), withdrawn=("acme",)))
    found.account.settle()
    first, last = found.told()
    assert "no longer affects" in " ".join(last.text.split())
    assert first.id != last.id or name == "chat"


@EVERY
def test_who_was_never_told_hears_nothing_of_a_change_that_was_withdrawn(name: str) -> None:
    found = way(name)
    found.account.announce(envelope(2, customers=("globex",), withdrawn=("acme",)))
    found.account.settle()
    assert found.told() == []


@EVERY
def test_a_revision_that_reads_the_same_tells_nobody_who_is_up_to_date(name: str) -> None:
    found = planned(name)
    found.account.settle()
    found.account.announce(envelope(2, prior_status="submitted"))
    found.account.settle()
    assert len(found.told()) == 1


@EVERY
def test_a_test_tells_nobody_but_who_is_allowed(name: str) -> None:
    found = way(name)
    found.account.announce(envelope(test=True))
    found.account.settle()
    assert found.told() == []


@EVERY
def test_outside_of_prod_nobody_is_told_but_who_is_allowed(name: str) -> None:
    found = planned(name, ENVIRONMENT="staging")
    found.account.settle()
    assert found.told() == []


@EVERY
def test_no_other_customer_is_named(name: str) -> None:
    found = way(name)
    event = envelope(customers=("acme", "acme2", "acme-eu", "globex"))
    event["detail"]["change"]["customer_details"] = {
        "acme": {"hosts": ["vpn-1"]}, "acme2": {"hosts": ["secret-2"]}, "globex": "secret-3",
    }  # fmt: skip
    found.account.announce(event)
    found.account.settle()
    (told,) = found.told()
    for other in ("acme2", "acme-eu", "globex", "secret-2", "secret-3"):
        assert other not in told.text


HOSTILE = '"},"x":"</script><!channel>\\"; {{7*7}} ${x} \u202e@everyone <https://evil.example|x>'


@EVERY
def test_hostile_text_changes_nothing_but_itself(name: str) -> None:
    found = way(name)
    found.account.announce(envelope(impact=HOSTILE))
    found.account.settle()
    (told,) = found.told()
    if name != "email":
        said = json.loads(told.text)
        assert "x" not in said
        assert ("<!channel>" in told.text) is (name == "webhook")
    assert found.recipient.state == "SENT"


@EVERY
def test_what_is_beyond_a_limit_of_the_account_waits_for_a_person(name: str) -> None:
    found = way(name, ALLOWED_LINK_DOMAINS="acme.example")
    event = envelope()
    event["detail"]["change"]["links"] = [{"url": "https://evil.example/x"}]
    found.account.announce(event)
    found.account.settle(20)
    assert found.told() == []
    assert found.recipient.attempt == 0
    found.account.resume("CHG1")
    found.account.settle(10)
    assert len(found.told()) == 1


@pytest.mark.parametrize("policy", ["resend", "hold"])
@EVERY
def test_an_answer_that_is_lost_ends_as_the_channels_evidence_says(name: str, policy: str) -> None:
    found = planned(name, UNKNOWN_POLICY=policy)
    found.lose_answer()
    found.account.settle(90)
    ids = {told.id for told in found.told()}
    assert len(ids) == 1
    expected = {
        ("email", "resend"): ("SENT", 1), ("email", "hold"): ("SENT", 1),
        ("chat", "resend"): ("SENT", 2), ("chat", "hold"): ("HELD", 1),
        ("webhook", "resend"): ("SENT", 2), ("webhook", "hold"): ("SENT", 2),
    }  # fmt: skip
    assert (found.recipient.state, len(found.told())) == expected[name, policy]


# Mails: tests/integration/delivery/test_send_mail.py and test_plan_delivery.py.
@pytest.mark.parametrize(("name", "policy"), [("chat", "hold"), ("webhook", "hold")])
def test_a_crash_at_any_call_loses_nobody(name: str, policy: str) -> None:
    at, died = 1, True
    while died:
        before, later = (_dies(name, policy, at, after=after) for after in (False, True))
        died = before or later
        at += 1
    assert at > 5


def _dies(name: str, policy: str, at: int, *, after: bool) -> bool:
    """Die at a call while everything of an announcement happens; return whether it died."""
    found = way(name, UNKNOWN_POLICY=policy, UNKNOWN_WINDOW_MINUTES="5")
    account = found.account
    account.announce(envelope())
    account.wrap = Crashes(at, after=after).wrap
    account.start()
    died = False
    try:
        account.plan()
        found.deliver()
    except Died:
        died = True
    account.wrap = lambda service, client: client
    account.start()
    account.settle(22)
    state, told = found.recipient.state, found.told()
    assert len({each.id for each in told}) <= 1
    is_held = name != "webhook" and policy == "hold" and state == "HELD"
    assert state == "SENT" or is_held
    assert told or is_held
    if (name, policy) == ("chat", "hold"):
        assert len(told) <= 1
    return died


# SES's own events say what became of a mail.
@pytest.mark.parametrize("name", ["chat", "webhook"])
def test_a_report_says_that_a_superseded_notice_may_have_arrived(name: str) -> None:
    found = planned(name)
    found.die()
    with pytest.raises(Died):
        found.deliver()
    assert len(found.told()) == 1
    found.account.start()
    found.account.announce(envelope(2, impact="Another impact."))
    found.account.plan()
    found.account.settle(90)
    assert (found.recipient.state, found.recipient.code) == ("SUPERSEDED", "no_answer")
    reported = [one for one in found.account.events.reports() if one["revision"] == 1]
    (channel,) = reported[-1]["channels"]
    assert (channel["state"], channel["code"]) == ("superseded", "no_answer")


@pytest.mark.parametrize("name", ["chat", "webhook"])
def test_an_endpoint_that_was_removed_is_told_nothing_more(name: str) -> None:
    found = planned(name)
    remove_endpoint(found.account.ledger, found.recipient.address)
    found.account.settle()
    assert found.told() == []
    assert (found.recipient.state, found.recipient.code) == ("SUPERSEDED", "removed")
