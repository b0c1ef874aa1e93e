"""What may happen to one recipient of one run: the ledger's state machine as one table.

Pure. The adapter (ledger.py) turns each transition into one conditional write, so that a
state never goes backwards, however often and in whatever order things are heard of.
"""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where one recipient stands."""

    PLANNED = "PLANNED"
    SENDING = "SENDING"
    UNKNOWN = "UNKNOWN"
    HELD = "HELD"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    BOUNCED = "BOUNCED"
    COMPLAINED = "COMPLAINED"
    SUPPRESSED = "SUPPRESSED"
    FAILED = "FAILED"
    SUPERSEDED = "SUPERSEDED"


class Happening(StrEnum):
    """What may be heard of one recipient."""

    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    THROTTLED = "throttled"
    PAUSED = "paused"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    LEASE_OVER = "lease_over"
    SEEN_SENT = "seen_sent"
    SEEN_DELIVERED = "seen_delivered"
    SEEN_BOUNCED = "seen_bounced"
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
    {State.SENT, State.DELIVERED, State.BOUNCED, State.COMPLAINED, State.SUPPRESSED}
)
TOLD = frozenset({State.SENT, State.DELIVERED, State.COMPLAINED})

_S, _H = State, Happening
_EVIDENCE = {
    _H.SEEN_SENT: _S.SENT,
    _H.SEEN_DELIVERED: _S.DELIVERED,
    _H.SEEN_BOUNCED: _S.BOUNCED,
    _H.SEEN_COMPLAINED: _S.COMPLAINED,
    _H.SEEN_SUPPRESSED: _S.SUPPRESSED,
    _H.SEEN_REJECTED: _S.FAILED,
}
# SES's own events prove that the mail was accepted, even where we wait to send it once more.
_UNSETTLED = (_S.PLANNED, _S.SENDING, _S.UNKNOWN, _S.HELD)

TRANSITIONS: Mapping[tuple[State, Happening], State] = {
    (_S.PLANNED, _H.CLAIMED): _S.SENDING,
    (_S.PLANNED, _H.SUPERSEDED): _S.SUPERSEDED,
    (_S.SENDING, _H.ACCEPTED): _S.SENT,
    (_S.SENDING, _H.THROTTLED): _S.PLANNED,
    (_S.SENDING, _H.PAUSED): _S.PLANNED,
    (_S.SENDING, _H.REFUSED): _S.FAILED,
    (_S.SENDING, _H.NO_ANSWER): _S.UNKNOWN,
    (_S.SENDING, _H.LEASE_OVER): _S.UNKNOWN,
    (_S.UNKNOWN, _H.WINDOW_OVER_HOLD): _S.HELD,
    (_S.UNKNOWN, _H.WINDOW_OVER_RESEND): _S.PLANNED,
    (_S.HELD, _H.RELEASED): _S.PLANNED,
    (_S.HELD, _H.DROPPED): _S.FAILED,
    **{(state, seen): to for state in _UNSETTLED for seen, to in _EVIDENCE.items()},
    (_S.SENT, _H.SEEN_DELIVERED): _S.DELIVERED,
    (_S.SENT, _H.SEEN_BOUNCED): _S.BOUNCED,
    (_S.SENT, _H.SEEN_COMPLAINED): _S.COMPLAINED,
    (_S.SENT, _H.SEEN_SUPPRESSED): _S.SUPPRESSED,
    (_S.SENT, _H.SEEN_REJECTED): _S.FAILED,
    (_S.DELIVERED, _H.SEEN_BOUNCED): _S.BOUNCED,
    (_S.DELIVERED, _H.SEEN_COMPLAINED): _S.COMPLAINED,
}


def after(state: State, happening: Happening) -> State | None:
    """The state that follows, None where this changes nothing (a repeat, or late news)."""
    return TRANSITIONS.get((state, happening))
