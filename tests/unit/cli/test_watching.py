"""`status --watch`: it ends by itself, whatever is left."""

import io
from typing import Any

import pytest

from changecast_cli import terminal
from changecast_cli.watching import status
from changecast_cli.watching.runs import Run, run_of


def run(**states: str) -> list[Run]:
    return [
        run_of("CHG-1", [{"customer": code, "revision": 1, "state": state}
                         for code, state in states.items()])
    ]  # fmt: skip


class Reading:
    """What the hub says, one answer after the other; the last one for ever."""

    def __init__(self, *answers: list[Run]) -> None:
        self.answers, self.slept = list(answers), 0.0

    def __call__(self) -> list[Run]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        assert self.slept < 3_600, "it never ends"


def seen(*answers: list[Run]) -> tuple[int, float]:
    """How often it looked, and how long it waited."""
    reading = Reading(*answers)
    looks = list(status.until_settled(reading, reading.sleep))
    return len(looks), reading.slept


def test_it_ends_when_all_is_over() -> None:
    assert seen(run(acme="sending"), run(acme="sent", globex="held")) == (2, 1.0)


def test_it_ends_when_nothing_but_a_pause_was_left_for_long() -> None:
    assert seen(run(acme="sent", globex="paused"))[1] == status.PAUSED_SECONDS


def test_a_pause_that_passes_is_waited_for() -> None:
    assert seen(*[run(acme="paused")] * 100, run(acme="sending"), run(acme="sent"))[1] == 101.0


def test_it_waits_for_a_delivery_that_goes_on_beside_a_pause() -> None:
    going = [run(acme="paused", globex="sending")] * 500
    assert seen(*going, run(acme="paused", globex="sent"))[1] == 500 + status.PAUSED_SECONDS


@pytest.mark.parametrize("state", ["paused", "sent"])
def test_what_waits_for_a_person_is_named(
    state: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal.out, "_file", io.StringIO())
    monkeypatch.setattr(status, "PAUSED_SECONDS", 0.0)
    runs: Any = status.watched(lambda: run(acme=state), quiet=False)
    assert runs == run(acme=state)
    assert ("Paused at acme" in capsys.readouterr().err) is (state == "paused")


def test_a_pause_that_ends_by_itself_asks_nobody_to_resume_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal.out, "_file", io.StringIO())
    monkeypatch.setattr(status, "PAUSED_SECONDS", 0.0)
    (both,) = run(acme="paused", globex="paused")
    for code, why in (("acme", "daily_quota"), ("globex", "link_domains")):
        both["customers"][code]["reason"] = {"code": why}
    status.watched(lambda: [both], quiet=False)
    by_itself, by_somebody = sorted(capsys.readouterr().err.splitlines())
    assert "Paused at acme: nothing more is sent until the cause is gone" in by_itself
    assert "resume" not in by_itself
    assert "Paused at globex" in by_somebody
    assert "runs `changecast resume`" in by_somebody
