"""`doctor --all` of thousands: each account as soon as it is checked, and the problems alone."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor import command
from changecast_cli.doctor.command import _on
from changecast_cli.doctor.showing import MANY, Checked, show
from changecast_cli.doctor.verdicts import (
    Level,
    Verdict,
    broken,
    causes_first,
    counted,
    ok,
    warning,
)
from changecast_cli.failures import Refused
from changecast_cli.main import app
from testbed.expand import ROOT

WELL, DEAD = ok("sending", "enabled"), broken("dead-letters", "1 of outcomes", "redrive")
LATE = warning("release", "0.0.9", "upgrade")


def shown(
    capsys: pytest.CaptureFixture[str], checked: list[Checked], *, levels: str = "",
    everything: bool = False, as_json: bool = False,
) -> str:  # fmt: skip
    wanted = frozenset(Level(word) for word in levels.split())
    with suppress(typer.Exit):
        show(iter(checked), len(checked), everything=everything, levels=wanted, as_json=as_json)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("warnings", "said"), [(0, "0 warnings"), (1, "1 warning"), (2, "2 warnings")]
)
def test_warnings_are_counted_as_people_count(warnings: int, said: str) -> None:
    levels = [Level.OK] * 3 + [Level.WARNING] * warnings
    assert counted(levels) == f"3 ok, {said}, 0 broken"


@pytest.mark.parametrize("left", ["route-letters", "dead-letters", "queue-age"])
def test_the_first_command_repairs_the_cause_and_not_what_it_left_behind(left: str) -> None:
    letters, cause = broken(left, "1", "replay"), broken("bus-policy", "none", "repair")
    assert causes_first([WELL, letters, cause, LATE]) == [WELL, cause, LATE, letters]
    empty = ok(left, "all queues empty")
    assert causes_first([empty, cause]) == [empty, cause]


def test_something_broken_ends_with_1_and_nothing_broken_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for everything in (True, False):
        with pytest.raises(typer.Exit) as ended:
            show([Checked("a", [DEAD])], 1, everything=everything, levels=frozenset([Level.OK]),
                 as_json=True)  # fmt: skip
        assert ended.value.exit_code == 1
    show([Checked("a", [LATE])], 1, everything=True, levels=frozenset(), as_json=False)
    assert "1 warning, 0 broken" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "lists_ok"),
    [(["-c", "acme"], True), (["--hub"], True), (["--all"], False),
     (["--hub", "-c", "acme"], False), (["--all", "--only", "everything"], True),
     (["-c", "acme", "--only", "problems"], False)],
)  # fmt: skip
def test_of_several_accounts_the_problems_are_listed_unless_everything_is_asked_for(
    words: list[str], lists_ok: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "session", lambda *_: None)
    monkeypatch.setattr(command, "look_at", lambda *_, **__: [WELL, LATE, DEAD])
    monkeypatch.setattr(command, "examine_hub", lambda *_, **__: [WELL])
    ended = CliRunner().invoke(app, ["doctor", *words, "--config", str(ROOT / "samconfig.toml")])
    assert ended.exit_code == (words != ["--hub"])
    assert ("enabled" in ended.stdout) is lists_ok
    assert ("--only everything" in ended.stdout) is not lists_ok
    if "--all" in words:
        lines = [line for line in ended.stdout.splitlines() if "acme" in line]
        checks = ["1 ok, 1 warning, 1 broken", "dead-letters", "release", "enabled"]
        assert len(lines) == len(checks) - (not lists_ok)
        assert all(check in line for check, line in zip(checks, lines, strict=False))


def many(number: int = MANY + 50) -> list[Checked]:
    sick: dict[int, list[Verdict]] = {3: [WELL, DEAD], 70: [LATE]}
    return [Checked(f"c{at:04}", sick.get(at, [WELL, WELL])) for at in range(number)]


def test_an_account_is_shown_before_the_next_one_is_checked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen = []

    def checked() -> Iterator[Checked]:
        for name in ("acme", "globex"):
            yield Checked(name, [LATE])
            seen.append(capsys.readouterr().out)

    show(checked(), 2, everything=False, levels=frozenset(), as_json=False)
    assert ["acme" in seen[0], "globex" in seen[0], "globex" in seen[1]] == [True, False, True]


def test_of_many_the_healthy_ones_are_only_counted(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, many())
    assert [word for word in text.split() if word.startswith("c0")] == [
        "c0003", "c0003", "c0070", "c0070",
    ]  # fmt: skip
    assert "98 accounts without a problem: --only everything shows them" in text
    assert "197 ok, 1 warning, 1 broken" in text
    assert shown(capsys, many(), everything=True).count("c0050") == 3
    assert "c0000" in shown(capsys, many(MANY)), "few: each has its line"


def test_of_many_with_one_and_the_same_warning_three_show_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Who runs 300 customers without alarm topics of their own must still find the other faults."""
    fleet = [Checked(f"c{at:04}", [WELL, LATE]) for at in range(MANY + 50)]
    fleet[60] = Checked("c0060", [LATE, DEAD, warning("release", "0.0.8", "upgrade")])
    text = shown(capsys, fleet)
    assert [text.count(f"c{at:04}") for at in (0, 2, 3, 59, 60)] == [2, 2, 0, 0, 3]
    assert (text.count("0.0.9"), text.count("0.0.8")) == (3, 1)
    assert "96 more accounts with only the warnings above: --state warning shows them" in text
    assert "without a problem" not in text
    assert "99 ok, 101 warnings, 1 broken" in text
    assert shown(capsys, fleet, levels="warning").count("0.0.9") == 100
    assert shown(capsys, fleet, everything=True).count("0.0.9") == 100
    few = shown(capsys, fleet[:MANY])
    assert few.count("0.0.9") == MANY, "few: each has its line"
    assert len(json.loads(shown(capsys, fleet, as_json=True))["verdicts"]["c0050"]) == 1


def test_only_accounts_with_the_levels_asked_for_are_shown_and_all_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = shown(capsys, many(), levels="warning")
    assert "c0070" in text
    assert "c0003" not in text
    assert "197 ok, 1 warning, 1 broken" in text
    assert "c0003" in shown(capsys, many(), levels="warning broken")
    found = json.loads(shown(capsys, many(), levels="broken", as_json=True))["verdicts"]
    assert [*found] == ["c0003"]
    assert [one["check"] for one in found["c0003"]] == ["dead-letters"], "of many, the problems"


def test_a_bus_chooses_customers_and_an_unknown_one_is_refused() -> None:
    one = CustomerStack("acme", "222222222222", "eu-central-1", "Acme", "changes@acme.example",
                        "UTC", "en", "desk@provider.example", "acme")  # fmt: skip
    two = replace(one, code="globex", hub_bus="changecast-hub-2")
    assert _on("changecast-hub-2", [one, two]) == [two]
    assert _on(None, [one, two]) == [one, two]
    with pytest.raises(Refused, match="no customer is on the bus 'changecast-hub-3'"):
        _on("changecast-hub-3", [one, two])
    with pytest.raises(Refused, match="add --all"):
        _on("changecast-hub", [])


@pytest.mark.parametrize("everything", [True, False])
def test_with_a_level_only_the_verdicts_of_that_level_are_listed(
    capsys: pytest.CaptureFixture[str], everything: bool
) -> None:
    mixed = [Checked("acme", [WELL, LATE, DEAD]), Checked("globex", [WELL, WELL])]
    text = shown(capsys, mixed, levels="warning", everything=everything)
    assert "upgrade" in text
    assert "sending" not in text
    assert "dead-letters" not in text
    assert "globex" not in text
    assert "3 ok, 1 warning, 1 broken" in text
    told = json.loads(shown(capsys, mixed, levels="broken", everything=everything, as_json=True))
    assert [one["check"] for one in told["verdicts"]["acme"]] == ["dead-letters"]
