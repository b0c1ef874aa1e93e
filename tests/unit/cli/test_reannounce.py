"""`reannounce` announces nothing that the customer's bus would refuse, like `replay`."""

from typing import Any

import pytest
from typer.testing import CliRunner

from changecast.hub.announcing.announce import announce
from changecast_cli.doctor.verdicts import Verdict, broken
from changecast_cli.failures import Refused
from changecast_cli.main import app
from changecast_cli.repair import causes, reannounce
from tests.support.builders import document
from tests.support.fake_hub import FakeHub, fake_hub

REFUSES = {"acme": broken("bus-policy", "the bus accepts no events", "changecast repair acme")}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    """A hub that has announced CHG-1 to acme and globex."""
    hub = fake_hub()
    announce(document(), hub=hub)
    monkeypatch.setattr(reannounce, "session", lambda *_: None)
    monkeypatch.setattr(reannounce, "connect", lambda _: hub)
    return hub


def typed(*words: str) -> Any:
    return CliRunner().invoke(app, ["reannounce", "CHG-1", "-c", "acme", *words])


def buses_say(monkeypatch: pytest.MonkeyPatch, said: dict[str, Verdict]) -> None:
    monkeypatch.setattr(causes, "bus_causes", lambda *_: said)


@pytest.mark.parametrize("words", [("--yes",), ("--dry-run",)])
def test_nothing_is_announced_while_the_bus_refuses_it(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    buses_say(monkeypatch, REFUSES)
    before = len(hub.events.entries)
    refused = typed(*words)
    assert isinstance(refused.exception, Refused)
    assert refused.exception.sentences == (
        "announcements cannot reach acme: the bus accepts no events. Repair it first: changecast "
        "repair acme",
        "nothing was announced. To go ahead anyway, add --force",
    )
    assert len(hub.events.entries) == before


@pytest.mark.parametrize(("said", "words"), [({}, ()), (REFUSES, ("--force",))])
def test_it_is_announced_where_the_bus_accepts_it_or_somebody_insists(
    hub: FakeHub,
    monkeypatch: pytest.MonkeyPatch,
    said: dict[str, Verdict],
    words: tuple[str, ...],
) -> None:
    buses_say(monkeypatch, said)
    before = len(hub.events.entries)
    assert typed("--yes", *words).exit_code == 0
    assert len(hub.events.entries) == before + 1
