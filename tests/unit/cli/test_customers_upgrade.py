"""Rings: a canary first, then groups; it stops at the first doctor that is worse than before."""

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from changecast_cli.customers import upgrade
from changecast_cli.customers.command import app
from changecast_cli.customers.deploy import Deployed, Inspection
from changecast_cli.customers.rings import rings, worse
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor.verdicts import Verdict, broken, ok, warning
from changecast_cli.failures import Refused
from testbed.expand import ROOT

CONFIG = ROOT / "samconfig.toml"
CUSTOMERS = [*samconfig_file.customers_in(samconfig_file.read(CONFIG)).values()]
OUTCOMES, REPORTS = (broken("dead-letters", name, "redrive") for name in ("outcomes", "reports"))
LATE = warning("dead-letters", "one", "redrive")
PAUSED = broken("sending", "the account may not send", "ask SES")
WELL = ok("sending", "it may send")


@dataclass
class Fleet:
    """Accounts whose doctor says other things after their upgrade, and those that fail."""

    before: dict[str, list[Verdict]] = field(default_factory=dict)
    after: dict[str, list[Verdict]] = field(default_factory=dict)
    failing: frozenset[str] = frozenset()
    deployed: list[str] = field(default_factory=list)

    def deploy(
        self, config: Path, group: Sequence[CustomerStack], template: Path,
        before: Callable[[CustomerStack], None],
    ) -> list[Deployed]:  # fmt: skip
        done = []
        for each in group:
            fault = "no such role" if each.code in self.failing else None
            self.deployed += [] if fault else [each.code]
            done.append(Deployed(each.code, fault, 1.0))
            done += [] if fault else [Deployed(f"{each.code}-route", None, 1.0)]
        return done

    def examine(self, session: object, one: CustomerStack, lookup: object) -> list[Verdict]:
        said = self.after if one.code in self.deployed else self.before
        return said.get(one.code, [WELL])


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Fleet:
    made = Fleet()
    fine = {each.code: Inspection(None) for each in CUSTOMERS}
    monkeypatch.setattr(upgrade, "look_first", lambda text, chosen: fine)
    monkeypatch.setattr(upgrade, "built", lambda config, chosen: nullcontext(Path("built.yaml")))
    monkeypatch.setattr(upgrade, "deploy", made.deploy)
    monkeypatch.setattr(upgrade, "session_of", lambda one: None)
    monkeypatch.setattr(upgrade, "examine_customer", made.examine)
    monkeypatch.setattr(upgrade, "_release", lambda one: "0.0.9")
    return made


def typed(*words: str) -> Result:
    return CliRunner().invoke(app, ["upgrade", "--config", str(CONFIG), *words])


def said(*words: str) -> Any:
    return json.loads(typed(*words, "--json").stdout)


@pytest.mark.parametrize(
    ("words", "why"),
    [(("--all", "--customer", "acme"), "not both"), ((), "add --all or --customer CODE")],
)
def test_all_and_some_are_not_asked_for_at_once(words: tuple[str, ...], why: str) -> None:
    assert why in str(typed(*words).exception)


def test_the_canary_is_alone_and_the_others_come_in_groups() -> None:
    codes = [[each.code for each in ring] for ring in rings(CUSTOMERS, "globex", 1)]
    assert codes == [["globex"], ["acme"], ["initech"]]
    codes = [[each.code for each in ring] for ring in rings(CUSTOMERS, "acme", 5)]
    assert codes == [["acme"], ["globex", "initech"]]
    assert rings(CUSTOMERS[:1], "acme", 5) == [tuple(CUSTOMERS[:1])]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ([WELL], [PAUSED], [PAUSED]),
        ([PAUSED], [PAUSED], []),
        ([PAUSED], [WELL], []),
        ([LATE], [OUTCOMES], [OUTCOMES]),
        ([OUTCOMES], [LATE], []),
        ([OUTCOMES], [OUTCOMES, REPORTS], [OUTCOMES, REPORTS]),
        ([OUTCOMES], [OUTCOMES, LATE], [LATE]),
        ([PAUSED], [OUTCOMES], [OUTCOMES]),
        ([], [WELL], []),
    ],
)
def test_worse_is_a_check_with_a_higher_level_or_with_more_of_it(
    before: list[Verdict], after: list[Verdict], found: list[Verdict]
) -> None:
    assert worse(before, after) == found


def test_all_are_upgraded_the_first_of_the_file_before_all_others(fleet: Fleet) -> None:
    done = said("--all")
    assert done["rings"] == [["acme"], ["globex", "initech"]]
    assert done["upgraded"] == fleet.deployed == ["acme", "globex", "initech"]
    assert (done["worse"], done["failed"], done["not_touched"]) == ({}, {}, [])


def test_a_canary_that_is_worse_than_before_stops_it_and_the_way_back_is_named(
    fleet: Fleet,
) -> None:
    fleet.after["globex"] = [PAUSED]
    ended = typed("--all", "--canary", "globex")
    assert ended.exit_code == 1
    assert fleet.deployed == ["globex"]
    assert "worse than before: globex" in ended.stdout
    assert "not upgraded: acme, initech" in ended.stdout
    assert "sam build --config-env globex && sam deploy --config-env globex\n" in ended.stdout
    assert "sam deploy --config-env globex-route\n" in ended.stdout
    assert "config-env acme" not in ended.stdout
    assert "the account may not send" in ended.stderr


def test_what_was_broken_before_stops_nothing(fleet: Fleet) -> None:
    fleet.before["initech"] = fleet.after["initech"] = [PAUSED]
    assert said("--all")["upgraded"] == ["acme", "globex", "initech"]


def test_a_canary_that_is_broken_already_shows_nothing_so_nobody_is_upgraded(fleet: Fleet) -> None:
    fleet.before["acme"] = [PAUSED]
    ended = typed("--all")
    assert isinstance(ended.exception, Refused)
    assert "the canary acme is already broken (sending: the account may not send)" in str(
        ended.exception
    )
    assert fleet.deployed == []
    fleet.after["acme"] = [WELL]
    assert said("--customer", "acme")["upgraded"] == ["acme"], "an upgrade may be the repair"


def test_a_customer_that_cannot_be_deployed_stops_the_rings_after_its_own(fleet: Fleet) -> None:
    fleet.failing = frozenset({"globex"})
    done = said("--all", "--canary", "initech", "--at-a-time", "1")
    assert done["rings"] == [["initech"], ["acme"], ["globex"]]
    assert (done["upgraded"], done["failed"]) == (["initech", "acme"], {"globex": "no such role"})
    fleet.deployed.clear()
    done = said("--customer", "globex", "--customer", "acme", "--customer", "initech")
    assert done["not_touched"] == ["acme", "initech"]
    assert fleet.deployed == done["way_back"] == []
    assert done["errors"] == [{"where": "globex", "message": "no such role"}]


def test_a_dry_run_shows_the_rings_and_changes_nothing(fleet: Fleet) -> None:
    shown = typed("--all", "--canary", "initech", "--dry-run")
    assert shown.exit_code == 0
    assert "ring 1: initech (0.0.9)\nring 2: acme (0.0.9), globex (0.0.9)" in shown.stdout
    plan = said("--customer", "acme", "--dry-run")
    assert plan["rings"] == [["acme"]]
    assert plan["way_back"] == [
        "sam build --config-env acme && sam deploy --config-env acme",
        "sam deploy --config-env acme-route",
    ]
    assert fleet.deployed == []
