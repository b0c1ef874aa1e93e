"""changecast announce, as somebody types it: what is said when it stops half way."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from changecast_cli.announcing import announce
from changecast_cli.failures import Failed, Refused
from changecast_cli.main import app
from tests.support.builders import document
from tests.support.fake_hub import FakeHub, fake_hub
from tests.support.hostile import BODIES

Files = Callable[[int], list[str]]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    """The hub that every `announce` meets."""
    fake = fake_hub()
    monkeypatch.setattr(announce, "connect", lambda _: fake)
    return fake


@pytest.fixture
def files(tmp_path: Path) -> Files:
    def write(count: int) -> list[str]:
        paths = [tmp_path / f"{number}.json" for number in range(1, count + 1)]
        for number, path in enumerate(paths, 1):
            path.write_text(json.dumps(document(changeId=f"CHG-{number}")))
        return [str(path) for path in paths]

    return write


def typed(*words: str) -> Any:
    return CliRunner().invoke(app, ["announce", "--region", "eu-central-1", *words])


def test_all_files_are_announced(hub: FakeHub, files: Files) -> None:
    result = typed(*files(3))
    assert result.exit_code == 0
    assert len(hub.events.entries) == 3


def test_where_one_put_fails_what_was_put_is_printed_and_the_others_are_named(
    hub: FakeHub, files: Files
) -> None:
    paths = files(3)
    hub.events.answers = ["", "AccessDenied"]
    result = typed(*paths)
    assert f"{paths[0]}: CHG-1 revision 1 announced to acme, globex" in result.stdout
    assert "CHG-2" not in result.stdout
    said = str(result.exception)
    assert isinstance(result.exception, Failed)
    assert said.startswith(f"{paths[1]} was not announced, or not surely: EventBridge did not")
    assert f"Not tried after it: {paths[2]}." in said
    assert said.endswith("Announce all of them again once that is mended: nobody is mailed twice.")
    assert len(hub.events.entries) == 1


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_beside_a_hostile_file_nothing_is_announced(hub: FakeHub, files: Files, body: str) -> None:
    paths = files(2)
    Path(paths[1]).write_text(body)
    result = typed(*paths)
    assert isinstance(result.exception, SystemExit | Refused)
    assert result.exit_code
    assert hub.events.entries == []


def test_programs_read_what_was_put_too(hub: FakeHub, files: Files) -> None:
    hub.events.answers = ["", "AccessDenied"]
    result = typed(*files(2), "--json", "--wait", "60")
    assert [one["change_id"] for one in json.loads(result.stdout)["announced"]] == ["CHG-1"]
    assert isinstance(result.exception, Failed)


def test_after_the_advice_all_is_put_once_more_under_the_same_revision(
    hub: FakeHub, files: Files
) -> None:
    paths = files(2)
    hub.events.answers = ["", "AccessDenied"]
    typed(*paths)
    result = typed(*paths)
    assert result.exit_code == 0
    assert "CHG-1 revision 1 was announced before" in result.stdout
    assert "CHG-2 revision 1 announced to" in result.stdout
