"""The states of one recipient of one run: the ledger's state machine as one table.

Pure. The adapter (transitions.py) turns each transition into one conditional write, so that a
state never goes backwards, however often and in whatever order events arrive.
"""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """State of one recipient."""

    PLANNED = "PLANNED"
    SENDING = "SENDING"
    UNKNOWN = "UNKNOWN"
    HELD = "HELD"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    SOFT_BOUNCED = "SOFT_BOUNCED"
    BOUNCED = "BOUNCED"
    COMPLAINED = "COMPLAINED"
    SUPPRESSED = "SUPPRESSED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    SUPERSEDED = "SUPERSEDED"


class RecipientEvent(StrEnum):
    """Event about one recipient."""

    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    NOT_CALLED = "not_called"
    THROTTLED = "throttled"
    PAUSED = "paused"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    LEASE_OVER = "lease_over"
    SEEN_SENT = "seen_sent"
    SEEN_DELIVERED = "seen_delivered"
    SEEN_BOUNCED = "seen_bounced"
    SEEN_SOFT_BOUNCED = "seen_soft_bounced"
    SEEN_COMPLAINED = "seen_complained"
    SEEN_SUPPRESSED = "seen_suppressed"
    SEEN_REJECTED = "seen_rejected"
    WINDOW_OVER_HOLD = "window_over_hold"
    WINDOW_OVER_RESEND = "window_over_resend"
    RELEASED = "released"
    DROPPED = "dropped"
    SUPERSEDED = "superseded"


OPEN = frozenset({State.PLANNED, State.SENDING, State.UNKNOWN})
ACCEPTED = frozenset(
    {
        State.SENT, State.DELIVERED, State.SOFT_BOUNCED, State.BOUNCED, State.COMPLAINED,
        State.SUPPRESSED,
    }
)  # fmt: skip
TOLD = frozenset({State.SENT, State.DELIVERED, State.COMPLAINED})
# SES refused the call, a person dropped the mail, or SES accepted and discarded it (a virus).
NOT_SENT = frozenset({State.FAILED, State.REJECTED})
# Events that count whichever attempt they are about.
PROOFS = frozenset({RecipientEvent.ACCEPTED, *(h for h in RecipientEvent if h.startswith("seen_"))})

_S, _H = State, RecipientEvent
# The state that SES's own event proves, whatever the ledger said before.
_EVIDENCE = {
    _H.SEEN_SENT: _S.SENT,
    _H.SEEN_DELIVERED: _S.DELIVERED,
    _H.SEEN_BOUNCED: _S.BOUNCED,
    _H.SEEN_SOFT_BOUNCED: _S.SOFT_BOUNCED,
    _H.SEEN_COMPLAINED: _S.COMPLAINED,
    _H.SEEN_SUPPRESSED: _S.SUPPRESSED,
    _H.SEEN_REJECTED: _S.REJECTED,
}
# A mail may have been sent even if we wait to send it again, or gave it up: an earlier attempt
# without an answer may have succeeded before SES refused the next one or a person dropped it.
_UNSETTLED = (_S.PLANNED, _S.SENDING, _S.UNKNOWN, _S.HELD, _S.SUPERSEDED, _S.FAILED)
# An answer after the end of the lease still counts: nobody else has called since.
_ANSWERED = {
    _H.ACCEPTED: _S.SENT,
    _H.REFUSED: _S.FAILED,
    _H.NOT_CALLED: _S.PLANNED,
    _H.THROTTLED: _S.PLANNED,
    _H.PAUSED: _S.PLANNED,
}
# SES's events arrive in any order, also those of two attempts; each state gives way only to those
# after it. A mail that SES did not send gives way to one that it did.
_LATER = (
    _S.SENT, _S.SUPPRESSED, _S.REJECTED, _S.SOFT_BOUNCED, _S.DELIVERED, _S.BOUNCED, _S.COMPLAINED,
)  # fmt: skip

TRANSITIONS: Mapping[tuple[State, RecipientEvent], State] = {
    (_S.PLANNED, _H.CLAIMED): _S.SENDING,
    (_S.PLANNED, _H.SUPERSEDED): _S.SUPERSEDED,
    **{(state, _H.ACCEPTED): _S.SENT for state in (_S.PLANNED, _S.SUPERSEDED, _S.FAILED)},
    (_S.SENDING, _H.NO_ANSWER): _S.UNKNOWN,
    (_S.SENDING, _H.LEASE_OVER): _S.UNKNOWN,
    (_S.UNKNOWN, _H.WINDOW_OVER_HOLD): _S.HELD,
    (_S.UNKNOWN, _H.WINDOW_OVER_RESEND): _S.PLANNED,
    (_S.HELD, _H.RELEASED): _S.PLANNED,
    (_S.HELD, _H.DROPPED): _S.FAILED,
    **{
        (state, answer): to
        for state in (_S.SENDING, _S.UNKNOWN, _S.HELD)
        for answer, to in _ANSWERED.items()
    },
    **{(state, seen): to for state in _UNSETTLED for seen, to in _EVIDENCE.items()},
    **{
        (state, seen): to
        for rank, state in enumerate(_LATER)
        for seen, to in _EVIDENCE.items()
        if to in _LATER[rank + 1 :]
    },
}


def after(state: State, event: RecipientEvent) -> State | None:
    """Return the next state; None if the event changes nothing (a repeat, or a late one)."""
    return TRANSITIONS.get((state, event))
