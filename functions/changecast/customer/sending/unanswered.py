"""Decide about a mail without an answer from SES: resend or hold it once its window is over.

SES may have accepted the call, so the recipient is UNKNOWN for one window (UnknownWindowMinutes),
in which SES's own events may prove what happened. Then the stack's UnknownPolicy decides; a mail is
sent again only while SES's events arrive. A chat never has evidence, so the policy alone decides; a
webhook is always called again, because its receiver recognises a repeat. channels/email.py, chat.py
and webhook.py decide which answers count as none, batch.py and notices.py mark the recipient
UNKNOWN, and sweep.py asks here once the window is over. The promise is in
docs/delivery-guarantee.md, "When silence is not evidence". Pure.
"""

from collections.abc import Callable
from enum import StrEnum

from changecast.customer.ledger.schema import ChannelName, Recipient
from changecast.customer.ledger.states import RecipientEvent, State

# The code of a recipient whose last call ended without an answer, also because a function died.
NO_ANSWER = "no_answer"
# Number of windows that a mail stays unknown if SES's events do not arrive; then it is held.
BLOCKED_WINDOWS = 2


class Policy(StrEnum):
    """What to do with a recipient for whom no evidence arrived in the whole window."""

    RESEND = "resend"
    HOLD = "hold"


_WINDOW_OVER = {
    Policy.HOLD: RecipientEvent.WINDOW_OVER_HOLD,
    Policy.RESEND: RecipientEvent.WINDOW_OVER_RESEND,
}


def is_window_over(recipient: Recipient, window: float, now: float) -> bool:
    """Return whether a recipient has been unknown for a whole window."""
    window = recipient.channel.window(window)
    return recipient.state is State.UNKNOWN and recipient.since + window <= now


def window_over(
    policy: Policy, recipient: Recipient, window: float, now: float, *, settled: bool,
    evidence_arrives: Callable[[], bool],
) -> RecipientEvent | None:  # fmt: skip
    """Return the event for a mail whose window is over.

    Args:
        settled: Whether the run is superseded, so that none of it is sent again.
        evidence_arrives: Whether SES's events about the run arrive; called only if needed.

    Returns:
        The policy's decision; None to wait, because without events silence proves nothing.
    """
    if recipient.channel is ChannelName.WEBHOOK:
        return RecipientEvent.WINDOW_OVER_RESEND
    is_chat = recipient.channel is ChannelName.CHAT
    if is_chat or policy is Policy.HOLD or settled or evidence_arrives():
        return _WINDOW_OVER[policy]
    longest = BLOCKED_WINDOWS * window
    return RecipientEvent.WINDOW_OVER_HOLD if recipient.since + longest <= now else None
