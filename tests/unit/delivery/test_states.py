"""The transition table itself."""

import itertools

import pytest

from changecast.customer.ledger.states import (
    ACCEPTED,
    NOT_SENT,
    OPEN,
    PROOFS,
    TRANSITIONS,
    RecipientEvent,
    State,
    after,
)

_SEEN = [event for event in RecipientEvent if event.startswith("seen_")]


@pytest.mark.parametrize("state", sorted(ACCEPTED))
def test_an_accepted_mail_is_never_claimed_or_sent_again(state: State) -> None:
    for event in set(RecipientEvent) - set(_SEEN):
        assert after(state, event) is None


def test_only_a_planned_recipient_can_be_claimed() -> None:
    claimable = {state for state in State if after(state, RecipientEvent.CLAIMED)}
    assert claimable == {State.PLANNED}


def test_only_the_window_and_answers_lead_back_to_planned() -> None:
    back = {event for (_, event), to in TRANSITIONS.items() if to is State.PLANNED}
    assert back == {
        RecipientEvent.WINDOW_OVER_RESEND, RecipientEvent.RELEASED, RecipientEvent.NOT_CALLED,
        RecipientEvent.THROTTLED, RecipientEvent.PAUSED,
    }  # fmt: skip


def test_every_open_state_can_be_left() -> None:
    for state in OPEN:
        assert any(was is state and to is not state for (was, _), to in TRANSITIONS.items())


_UNSETTLED = [State.PLANNED, State.UNKNOWN, State.HELD, State.SUPERSEDED, State.FAILED]


@pytest.mark.parametrize("start", _UNSETTLED)
def test_evidence_settles_recipients_not_known_to_be_sent(start: State) -> None:
    assert after(start, RecipientEvent.SEEN_SENT) is State.SENT
    assert after(start, RecipientEvent.SEEN_DELIVERED) is State.DELIVERED
    assert after(start, RecipientEvent.ACCEPTED) is State.SENT, "a late answer is as good"


@pytest.mark.parametrize("start", [State.SENDING, State.UNKNOWN, State.SENT, State.FAILED])
def test_what_ses_says_ends_alike_in_every_order(start: State) -> None:
    for size in range(1, len(_SEEN) + 1):
        for heard in itertools.combinations(_SEEN, size):
            assert len({_end(start, order) for order in itertools.permutations(heard)}) == 1


def test_a_mail_that_ses_threw_away_was_not_sent_unless_another_attempt_was() -> None:
    assert State.REJECTED in NOT_SENT
    assert after(State.REJECTED, RecipientEvent.SEEN_SENT) is None
    assert after(State.REJECTED, RecipientEvent.SEEN_DELIVERED) is State.DELIVERED


@pytest.mark.parametrize("state", sorted(NOT_SENT))
def test_who_has_failed_is_not_claimed_again(state: State) -> None:
    for event in set(RecipientEvent) - PROOFS:
        assert after(state, event) is None


def test_an_answer_is_as_good_as_evidence() -> None:
    assert RecipientEvent.ACCEPTED in PROOFS


def _end(state: State, heard: tuple[RecipientEvent, ...]) -> State:
    for event in heard:
        state = after(state, event) or state
    return state
