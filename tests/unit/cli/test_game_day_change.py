"""changecast game-day: what it prints and what it writes to announce."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from changecast.hub.announcing.announce import placed_document
from changecast.hub.registry import Customer
from changecast_cli.local import game_day
from changecast_cli.terminal import HarmlessConsole
from tests.support import typed

NOW = datetime(2027, 1, 16, 8, 5, 7, tzinfo=UTC)
ACME = Customer("acme", "222222222222", "eu-central-1", "arn:bus", "Acme Industries")


def test_each_change_to_announce_is_complete_and_new(tmp_path: Path) -> None:
    file = tmp_path / "new" / "game-day.json"
    ids = [game_day.write_change(file, "acme", NOW + timedelta(seconds=n)) for n in range(3)]
    assert len({*ids}) == 3
    placed_document(file.read_bytes(), {"acme": ACME}, change_id=None)
    document = json.loads(file.read_text("utf-8"))
    assert (document["changeId"], document["customers"]) == (ids[-1], ["acme"])
    assert datetime.fromisoformat(document["implementationStart"]) > NOW + timedelta(days=6)


@pytest.mark.parametrize("name", game_day.FAULTS)
def test_the_printed_steps_announce_that_change_and_say_whom_the_fault_affects(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    planted: list[str] = []
    screen = HarmlessConsole(file=io.StringIO(), force_terminal=True, width=80, no_color=True)
    session: Any = SimpleNamespace(
        client=lambda _: SimpleNamespace(get_caller_identity=lambda: {"Account": "111111111111"}),
        region_name="eu-central-1",
    )
    monkeypatch.setattr(game_day, "out", screen)
    monkeypatch.setattr(game_day, "_embedded", lambda: SimpleNamespace(session=lambda *_: session))
    monkeypatch.setattr(game_day, "session", lambda *_: session)
    monkeypatch.setattr(game_day, "list_customers", lambda _: {"acme": ACME})
    monkeypatch.setattr(game_day, "FAULTS", {name: lambda at: planted.append(at.customer.code)})
    game_day.game_day(name, customer="acme", as_json=False, profile=None, region=None)
    said = screen.file.getvalue()  # type: ignore[attr-defined]
    first, _, *steps = said.splitlines()
    document = json.loads(Path(".changecast/game-day.json").read_text("utf-8"))
    assert planted == ["acme"]
    affected = "every customer" if name == "reports-refused" else "acme"
    assert f"Planted: {name}. It affects {affected}" in first
    assert steps[0].strip() == "changecast announce .changecast/game-day.json --wait 60"
    assert steps[1].strip() == f"changecast status {document['changeId']}"
    for step in steps:
        typed.check(step.strip())
