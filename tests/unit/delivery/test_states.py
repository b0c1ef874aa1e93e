"""The transition table itself."""

import itertools

import pytest

from changecast.states import ACCEPTED, OPEN, PROOFS, TRANSITIONS, Happening, State, after

_SEEN = [happening for happening in Happening if happening.startswith("seen_")]
_OF_ONE_MAIL = [h for h in _SEEN if h not in {Happening.SEEN_SUPPRESSED, Happening.SEEN_REJECTED}]


@pytest.mark.parametrize("state", sorted(ACCEPTED))
def test_an_accepted_mail_is_never_claimed_or_sent_again(state: State) -> None:
    for happening in set(Happening) - set(_SEEN):
        assert after(state, happening) is None


def test_only_a_planned_recipient_can_be_claimed() -> None:
    claimable = {state for state in State if after(state, Happening.CLAIMED)}
    assert claimable == {State.PLANNED}


def test_only_the_window_and_answers_lead_back_to_planned() -> None:
    back = {happening for (_, happening), to in TRANSITIONS.items() if to is State.PLANNED}
    assert back == {
        Happening.WINDOW_OVER_RESEND, Happening.RELEASED, Happening.NOT_CALLED,
        Happening.THROTTLED, Happening.PAUSED,
    }  # fmt: skip


def test_every_open_state_can_be_left() -> None:
    for state in OPEN:
        assert any(was is state and to is not state for (was, _), to in TRANSITIONS.items())


@pytest.mark.parametrize("start", [State.PLANNED, State.UNKNOWN, State.HELD, State.SUPERSEDED])
def test_evidence_settles_whoever_is_open(start: State) -> None:
    assert after(start, Happening.SEEN_SENT) is State.SENT


@pytest.mark.parametrize("start", [State.SENDING, State.UNKNOWN, State.SENT])
def test_what_ses_says_ends_alike_in_every_order(start: State) -> None:
    for size in range(1, len(_OF_ONE_MAIL) + 1):
        for heard in itertools.combinations(_OF_ONE_MAIL, size):
            assert len({_end(start, order) for order in itertools.permutations(heard)}) == 1


def test_an_answer_is_as_good_as_evidence() -> None:
    assert Happening.ACCEPTED in PROOFS
    assert after(State.UNKNOWN, Happening.ACCEPTED) is State.SENT


def _end(state: State, heard: tuple[Happening, ...]) -> State:
    for happening in heard:
        state = after(state, happening) or state
    return state
