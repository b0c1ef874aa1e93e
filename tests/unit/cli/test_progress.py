"""changecast start and complete, as somebody types them."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from changecast.hub.announcing.announce import announce
from changecast_cli.announcing import progress
from changecast_cli.failures import Refused
from changecast_cli.main import app
from tests.support.builders import document
from tests.support.fake_hub import FakeHub, fake_hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    """The hub that both verbs meet; CHG-1 was announced."""
    fake = fake_hub()
    monkeypatch.setattr(progress, "connect", lambda _: fake)
    announce(document(), hub=fake)
    return fake


def typed(*words: str) -> Any:
    return CliRunner().invoke(app, [*words, "--region", "eu-central-1"])


def statuses(hub: FakeHub) -> list[str]:
    return [json.loads(entry["Detail"])["change"]["status"] for entry in hub.events.entries]


def test_each_verb_announces_the_next_revision(hub: FakeHub) -> None:
    assert typed("start", "CHG-1", "--yes").exit_code == 0
    result = typed("complete", "CHG-1", "--outcome", "Done.", "--yes", "--json")
    assert (json.loads(result.stdout)["revision"], result.exit_code) == (3, 0)
    assert statuses(hub) == ["approved", "in_progress", "completed"]


def test_a_dry_run_says_who_would_be_told_and_announces_nothing(hub: FakeHub) -> None:
    result = typed("complete", "CHG-1", "--dry-run")
    assert "becomes completed as revision 2, for acme, globex" in result.stderr
    assert statuses(hub) == ["approved"]


def test_without_anybody_there_it_says_what_to_add(hub: FakeHub) -> None:
    result = typed("complete", "CHG-1")
    assert isinstance(result.exception, Refused)
    assert "--yes" in str(result.exception)
    assert statuses(hub) == ["approved"]


@pytest.mark.parametrize("at", ["yesterday", "2027-01-14 22:05", "2027-01-14", "22:05+01:00"])
def test_a_time_that_could_be_anywhere_is_refused(hub: FakeHub, at: str) -> None:
    result = typed("start", "CHG-1", "--at", at, "--yes")
    assert isinstance(result.exception, Refused)
    assert "write it as" in str(result.exception)
    assert statuses(hub) == ["approved"]
