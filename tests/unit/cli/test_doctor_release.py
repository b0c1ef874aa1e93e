"""The doctor on a stack's release, and what it shows where many are looked at."""

from importlib.metadata import version
from typing import Any

import pytest
import typer

from changecast_cli import terminal
from changecast_cli.doctor import command
from changecast_cli.doctor.release import _parameters, is_newer, release
from changecast_cli.doctor.showing import Checked, show
from changecast_cli.doctor.verdicts import Level, Verdict, broken, ok, summary_line
from changecast_cli.failures import FAILED
from testbed.templates import whole
from tests.unit.cli.test_doctor_verdicts import Aws, checked_account

OWN = version("changecast")
EVERY = dict.fromkeys(_parameters("acme"), "")


@pytest.mark.parametrize("path", ["template.yaml", "hub/template.yaml"])
def test_a_stack_says_the_release_that_the_package_has(path: str) -> None:
    assert whole(path)["Outputs"]["Release"]["Value"] == OWN


@pytest.mark.parametrize(
    ("code", "path"), [("acme", "template.yaml"), ("hub", "hub/template.yaml")]
)
def test_the_parameters_of_a_template_are_read_whole(code: str, path: str) -> None:
    assert _parameters(code) == set(whole(path)["Parameters"])


@pytest.mark.parametrize(
    ("outputs", "parameters", "level", "said"),
    [
        ({"Release": OWN}, EVERY, Level.OK, OWN),
        (
            {"Release": "0.0.9"},
            EVERY,
            Level.WARNING,
            "the stack has release 0.0.9, but this command has",
        ),
        ({}, EVERY, Level.WARNING, "the stack has no release"),
        ({"Release": "99.0.0"}, EVERY, Level.WARNING, "newer than this command"),
        ({"Release": OWN}, {}, Level.WARNING, "older than its template, which adds "),
    ],
)
def test_a_stack_that_is_not_of_this_release_is_told_with_the_command_that_upgrades_it(
    outputs: dict[str, str], parameters: dict[str, str], level: Level, said: str
) -> None:
    checked = checked_account(Aws(), outputs=outputs, parameters=parameters)
    (found,) = release(checked)
    assert (found.level, found.check) == (level, "release")
    assert said in found.reason
    if level is Level.WARNING and "newer" not in said:
        assert found.fix == "changecast customers upgrade --customer acme"
    assert is_newer(outputs) is ("newer" in said)


WELL = [ok("stack", "CREATE_COMPLETE"), ok("dkim", "SUCCESS")]
ILL = [
    ok("stack", "CREATE_COMPLETE"),
    broken("dkim", "mails are not signed", "changecast repair globex"),
]


def shown(found: dict[str, list[Verdict]], only: command.Only, monkeypatch: Any) -> str:
    lines: list[str] = []
    monkeypatch.setattr(terminal.out, "print", lambda line, **_: lines.append(line))
    with pytest.raises(typer.Exit) as left:
        show(
            [Checked(who, verdicts) for who, verdicts in found.items()],
            len(found),
            everything=only is command.Only.EVERYTHING,
            levels=frozenset(),
            as_json=False,
        )
    assert left.value.exit_code == FAILED
    return "\n".join(lines)


def test_with_many_customers_only_what_is_not_well_is_shown_under_a_line_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = shown({"acme": WELL, "globex": ILL}, command.Only.PROBLEMS, monkeypatch)
    assert "2 ok, 0 warnings, 0 broken" in said
    assert "1 ok, 0 warnings, 1 broken" in said
    assert "CREATE_COMPLETE" not in said
    assert "mails are not signed" in said
    assert "changecast repair globex" in said
    assert said.endswith("3 ok, 0 warnings, 1 broken\nTo see what is ok too: --only everything")


def test_everything_is_shown_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    said = shown({"acme": WELL, "globex": ILL}, command.Only.EVERYTHING, monkeypatch)
    assert said.count("CREATE_COMPLETE") == 2


@pytest.mark.parametrize(("verdicts", "look"), [(WELL, "✓ ok"), (ILL, "✗ broken"), ([], "✓ ok")])
def test_the_line_of_a_customer_has_the_worst_of_its_verdicts(
    verdicts: list[Verdict], look: str
) -> None:
    assert look in summary_line("acme", verdicts)
