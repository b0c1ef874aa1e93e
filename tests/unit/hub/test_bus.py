"""PutEvents succeeds with failures inside: each entry's own answer counts."""

from typing import Any

import pytest

from changecast.lambdas.bus import NotPut, put
from tests.support.fake_hub import FakeEvents


def entries(count: int, size: int = 10) -> list[dict[str, Any]]:
    return [
        {"Source": "s", "DetailType": "t", "Detail": f"{number:03d}" + "x" * (size - 3)}
        for number in range(count)
    ]


def run(events: Any, what: list[dict[str, Any]]) -> list[float]:
    slept: list[float] = []
    put(events, what, slept.append)
    return slept


def test_ten_entries_go_in_a_call_and_all_go() -> None:
    events = FakeEvents()
    assert run(events, entries(23)) == []
    assert events.entries == entries(23)
    assert events.calls == 3


def test_no_call_is_larger_than_one_event_may_be() -> None:
    events = FakeEvents()
    run(events, entries(3, 400_000))
    assert (len(events.entries), events.calls) == (3, 2)


@pytest.mark.parametrize("code", ["InternalFailure", "ThrottlingException"])
def test_only_what_failed_is_tried_again(code: str) -> None:
    events = FakeEvents()
    events.answers = ["", code, ""]
    slept = run(events, entries(3))
    assert [entry["Detail"][:3] for entry in events.entries] == ["000", "002", "001"]
    assert len(slept) == 1


def test_what_goes_on_failing_is_said_after_four_calls() -> None:
    events = FakeEvents()
    events.answers = ["InternalFailure"] * 9
    with pytest.raises(NotPut, match="InternalFailure: no"):
        run(events, entries(1))
    assert events.calls == 4


def test_what_cannot_get_better_is_said_at_once() -> None:
    events = FakeEvents()
    events.answers = ["AccessDeniedException"]
    with pytest.raises(NotPut, match="AccessDeniedException"):
        run(events, entries(1))
    assert events.calls == 1
