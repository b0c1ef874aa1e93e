"""changecast start and complete, as somebody types them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from changecast.hub.announcing.announce import announce
from changecast_cli.announcing import discard, progress
from changecast_cli.failures import Refused
from changecast_cli.main import app
from tests.support.builders import document
from tests.support.fake_hub import FakeHub, fake_hub
from tests.support.proposals import Publishing, two_person_hub


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
    assert "write it like" in str(result.exception)
    assert statuses(hub) == ["approved"]


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Publishing:
    """A hub where two persons announce, with CHG-1 in two revisions, and alice at the keyboard."""
    made = Publishing(two_person_hub("alice"))
    alone = replace(made.hub, two_persons=None)
    for title in ("First", "Second"):
        announce(document(changeTitle=title), hub=alone)
    for verbs in (progress, discard):
        monkeypatch.setattr(verbs, "connect", lambda _: made.hub)
        monkeypatch.setattr(verbs, "session", lambda *_: made)
    return made


TWO_PERSON_VERBS = [
    (("start", "CHG-1"), "start: the change becomes in progress", 3),
    (("complete", "CHG-1", "--outcome", "Done."), "outcome: Done.", 3),
    (("discard", "CHG-1", "--revision", "2"), "revision 1 applies again", 2),
]


@pytest.mark.parametrize(("words", "said", "revision"), TWO_PERSON_VERBS)
def test_where_two_persons_announce_each_verb_proposes(
    office: Publishing, words: tuple[str, ...], said: str, revision: int
) -> None:
    put = [*office.hub.events.entries]
    looked = typed(*words, "--dry-run")
    assert "this is only a proposal" in " ".join(looked.stderr.split())
    assert office.bucket.objects == {}
    told = typed(*words, "--yes")
    assert (told.exit_code, told.exception) == (0, None)
    assert said in told.stdout
    assert "changecast approve CHG-1" in told.stdout
    assert [*office.bucket.objects] == ["proposals/alice/CHG-1.json"]
    (plain,) = json.loads(typed(*words, "--yes", "--json").stdout)["proposed"]
    assert (plain["verb"], plain["revision"]) == (words[0], revision)
    other = typed(*words, "--yes", "--as", "carol@provider.example")
    assert other.exit_code == 0
    assert "proposals/carol@provider.example/CHG-1.json" in office.bucket.objects
    assert office.hub.events.entries == put, "nothing is announced"
