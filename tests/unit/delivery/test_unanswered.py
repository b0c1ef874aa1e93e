"""What happens to a mail without an answer when its window is over."""

from dataclasses import replace

import pytest

from changecast.customer.ledger.schema import ChannelName, Recipient
from changecast.customer.ledger.states import RecipientEvent, State
from changecast.customer.sending.unanswered import Policy, is_window_over, window_over

SINCE, WINDOW = 1_000.0, 600.0
HOLD, RESEND = RecipientEvent.WINDOW_OVER_HOLD, RecipientEvent.WINDOW_OVER_RESEND
UNKNOWN = Recipient("k", "ann@acme.example", "full", State.UNKNOWN, since=SINCE)


@pytest.mark.parametrize(
    ("policy", "windows", "superseded", "evidence", "becomes"),
    [
        (Policy.RESEND, 1.0, False, True, RESEND),
        (Policy.RESEND, 1.0, False, False, None),
        (Policy.RESEND, 1.9, False, False, None),
        (Policy.RESEND, 2.0, False, False, HOLD),
        (Policy.RESEND, 1.0, True, False, RESEND),
        (Policy.HOLD, 1.0, False, True, HOLD),
        (Policy.HOLD, 1.0, False, False, HOLD),
    ],
)
def test_a_mail_is_sent_again_only_while_evidence_arrives(
    policy: Policy, windows: float, superseded: bool, evidence: bool, becomes: RecipientEvent | None
) -> None:
    now = SINCE + windows * WINDOW
    found = window_over(
        policy, UNKNOWN, WINDOW, now, settled=superseded, evidence_arrives=lambda: evidence
    )
    assert found is becomes


@pytest.mark.parametrize(
    ("channel", "policy", "becomes"),
    [
        (ChannelName.CHAT, Policy.RESEND, RESEND),
        (ChannelName.CHAT, Policy.HOLD, HOLD),
        (ChannelName.WEBHOOK, Policy.RESEND, RESEND),
        (ChannelName.WEBHOOK, Policy.HOLD, RESEND),
    ],
)
def test_chats_and_webhooks_do_not_wait_for_evidence_that_only_mails_have(
    channel: ChannelName, policy: Policy, becomes: RecipientEvent
) -> None:
    endpoint = replace(UNKNOWN, channel=channel)

    def evidence() -> bool:
        raise AssertionError("SES's events say nothing about it")

    found = window_over(policy, endpoint, WINDOW, SINCE, settled=False, evidence_arrives=evidence)
    assert found is becomes


@pytest.mark.parametrize(
    ("state", "waited", "is_over"),
    [
        (State.UNKNOWN, WINDOW, True),
        (State.UNKNOWN, WINDOW - 1, False),
        (State.SENDING, WINDOW, False),
        (State.HELD, WINDOW, False),
    ],
)
def test_only_an_unknown_mails_window_ends(state: State, waited: float, is_over: bool) -> None:
    recipient = Recipient("k", "ann@acme.example", "full", state, since=SINCE)
    assert is_window_over(recipient, WINDOW, SINCE + waited) is is_over
