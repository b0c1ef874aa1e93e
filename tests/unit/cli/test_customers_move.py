"""Moving a customer: in which order what is deployed changes, and what a failure leaves."""

from pathlib import Path
from typing import Any

import pytest

from changecast.contract.errors import ContractError
from changecast_cli.customers import move as moving
from changecast_cli.customers.deploy import Deployed
from changecast_cli.customers.move import move
from changecast_cli.deploying.samconfig_file import buses_in, customers_in, tables
from changecast_cli.failures import Failed, Refused
from changecast_cli.preview.brands import parameters_of

WRITTEN = (Path(__file__).parents[3] / "samconfig.toml").read_text("utf-8")
ACME, FIRST, SECOND = "222222222222", "changecast-hub", "changecast-hub-2"


class Deployments:
    """What would be deployed, in order: a step, and which buses accept acme's reports then."""

    def __init__(self, config: Path, patch: pytest.MonkeyPatch) -> None:
        self.config, self.steps = config, []  # type: ignore[var-annotated]
        self.broken = ""
        self.rows: list[dict[str, Any]] = []
        self.again: list[str] = []
        for name, double in {
            "hub_session": lambda _: None,
            "most_routes_of": lambda _: 250,
            "connect": lambda _: type("Hub", (), {"table": None})(),
            "note_moving": lambda _, code, __: self.step(f"note {code}"),
            "update_hub": self.update_hub,
            "deploy_without_code": lambda _, __, name: self.step(name),
            "_report_to": lambda customer, arn: self.step(f"{customer.code} to {arn[-1]}"),
            "statuses_of_customer": lambda *_: self.rows,
            "announce_again": self.announce_again,
        }.items():
            patch.setattr(moving, name, double)

    def step(self, name: str) -> None:
        text = self.config.read_text("utf-8")
        accepting = [bus for bus, accounts in buses_in(text).items() if ACME in accounts]
        self.steps.append((name, accepting))
        if name == self.broken:
            raise Failed(f"{name} is broken")

    def update_hub(self, _: Path) -> list[Deployed]:
        self.step("buses")
        return []

    def announce_again(
        self, _: Any, __: Any, change_id: str, code: str, person: str | None
    ) -> None:
        if change_id == "CHG-not-kept":
            raise ContractError("not_kept", "revision 1 was not kept")
        self.again.append(f"{change_id} to {code} by {person}")


@pytest.fixture
def deployments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployments:
    config = tmp_path / "samconfig.toml"
    config.write_text(WRITTEN, "utf-8")
    return Deployments(config, monkeypatch)


def test_both_buses_accept_its_reports_until_its_own_stack_is_changed(
    deployments: Deployments,
) -> None:
    move("acme", SECOND, yes=True, config=deployments.config)
    assert deployments.steps == [
        ("buses", [FIRST, SECOND]),
        ("note acme", [FIRST, SECOND]),
        ("acme-route", [FIRST, SECOND]),
        ("acme to 2", [FIRST, SECOND]),
        ("buses", [SECOND]),
    ]
    text = deployments.config.read_text("utf-8")
    route = parameters_of(tables(text)["acme-route"])
    assert (customers_in(text)["acme"].hub_bus, route["HubBus"]) == (SECOND, SECOND)
    assert route["HubBusSince"].endswith("Z")


@pytest.mark.parametrize("broken", ["acme-route", "acme to 2"])
def test_a_move_that_failed_is_finished_by_the_same_command(
    deployments: Deployments, broken: str
) -> None:
    deployments.broken = broken
    with pytest.raises(Failed):
        move("acme", SECOND, yes=True, config=deployments.config)
    left = deployments.config.read_text("utf-8")
    assert [bus for bus, accounts in buses_in(left).items() if ACME in accounts] == [FIRST, SECOND]
    since = parameters_of(tables(left)["acme-route"])["HubBusSince"]
    deployments.broken, deployments.steps = "", []
    move("acme", SECOND, yes=True, config=deployments.config)
    assert [name for name, _ in deployments.steps] == [
        "buses", "note acme", "acme-route", "acme to 2", "buses",
    ]  # fmt: skip
    after = deployments.config.read_text("utf-8")
    assert buses_in(after)[FIRST] == ["333333333333", "444444444444"]
    assert parameters_of(tables(after)["acme-route"])["HubBusSince"] == since


def test_what_it_never_reported_is_announced_again_and_nothing_else(
    deployments: Deployments, capsys: pytest.CaptureFixture[str]
) -> None:
    heard = {"reported_at": "2027-01-16T08:05:00Z", "state": "sent", "report_seq": 1}
    deployments.rows = [
        {"change_id": "CHG-1", "state": "announced"},
        {"change_id": "CHG-1", "state": "announced"},
        {"change_id": "CHG-2", **heard},
        {"change_id": "CHG-not-kept", "state": "forwarded_no_report"},
    ]
    move("acme", SECOND, as_person="maria", yes=True, config=deployments.config)
    assert deployments.again == ["CHG-1 to acme by maria"]
    left = " ".join(capsys.readouterr().err.split())
    assert "CHG-not-kept was not announced again to acme" in left
    assert "changecast reannounce CHG-not-kept --customer acme --as maria" in left


@pytest.mark.parametrize("bus", ["changecast-hub-1", "changecast-hub-100", "orders", "default"])
def test_what_is_no_bus_of_a_hub_is_refused(deployments: Deployments, bus: str) -> None:
    with pytest.raises(Refused, match="is not a hub's bus"):
        move("acme", bus, yes=True, config=deployments.config)
    assert (deployments.steps, deployments.config.read_text("utf-8")) == ([], WRITTEN)


def test_a_full_bus_is_refused_but_for_who_is_on_it(
    deployments: Deployments, monkeypatch: pytest.MonkeyPatch
) -> None:
    move("acme", SECOND, yes=True, config=deployments.config)
    monkeypatch.setattr(moving, "most_routes_of", lambda _: 1)
    with pytest.raises(Refused, match="changecast-hub-2 is full: it has 1 of 1 customers"):
        move("globex", SECOND, yes=True, config=deployments.config)
    move("acme", SECOND, yes=True, config=deployments.config)


def test_a_dry_run_changes_nothing(deployments: Deployments) -> None:
    move("acme", SECOND, dry_run=True, config=deployments.config)
    assert (deployments.steps, deployments.config.read_text("utf-8")) == ([], WRITTEN)
