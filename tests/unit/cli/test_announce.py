"""changecast announce as a person types it: what it says if it stops halfway."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from changecast.hub.routes import Route
from changecast_cli.announcing import announce, results
from changecast_cli.failures import Failed, Refused
from changecast_cli.main import app
from changecast_cli.watching import runs, silence
from changecast_cli.watching.runs import run_of
from tests.support.builders import document, registered
from tests.support.fake_hub import FakeHub, fake_hub
from tests.support.hostile import BODIES
from tests.support.typed import check

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
    assert said.startswith(f"{paths[1]} may not have been announced: EventBridge did not")
    assert f"Not tried: {paths[2]}." in said
    assert said.endswith("Announce all of them again when that is fixed. Nobody is mailed twice.")
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


@pytest.mark.parametrize(
    ("states", "code"), [(("sent", "sending"), 3), (("sent", "failed"), 1), (("sent", "sent"), 0)]
)
def test_a_wait_that_is_over_too_early_is_said_and_is_no_failure(
    hub: FakeHub,
    files: Files,
    monkeypatch: pytest.MonkeyPatch,
    states: tuple[str, str],
    code: int,
) -> None:
    rows = [
        {"change_id": "CHG-1", "customer": name, "revision": 1, "state": state}
        for name, state in zip(("acme", "globex"), states, strict=True)
    ]
    monkeypatch.setattr(results, "follow", lambda *_, **__: iter([run_of("CHG-1", rows)]))
    result = typed(*files(1), "--wait", "5")
    assert result.exit_code == code
    said = "CHG-1 is not finished after 5 s at globex (sending)"
    assert (said in " ".join(result.stderr.split())) is (code == 3)
    assert ("changecast status CHG-1 --watch" in result.stderr) is (code == 3)
    assert ("changecast doctor --hub --customer globex" in result.stderr) is (code == 3)


@pytest.mark.parametrize(
    ("number", "step"),
    [(2, "--hub --customer c1 --customer c2"), (3, "--customer c3"), (4, "--all")],
)
def test_a_wait_for_several_names_a_command_that_can_be_pasted(number: int, step: str) -> None:
    rows = [
        {"change_id": "CHG-1", "customer": f"c{n}", "revision": 1, "state": "sending"}
        for n in range(1, number + 1)
    ]
    (said,) = results.unfinished(run_of("CHG-1", rows), 5)
    assert said.endswith(step)
    check(said[said.index("changecast doctor") :])


class Told:
    """What the hub's table and the hub's route say, and a clock that runs by sleeping."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *rows: dict[str, Any]) -> None:
        self.rows, self.now, self.route = list(rows), 0.0, Route("")
        follow = partial(runs.follow, sleep=self.sleep, clock=lambda: self.now)
        monkeypatch.setattr(results, "follow", follow)
        looking = partial(silence.looking, clock=lambda: self.now)
        monkeypatch.setattr(announce, "looking", looking)
        monkeypatch.setattr(runs, "statuses", lambda *_: self.rows)
        monkeypatch.setattr(silence, "read_customers", lambda *_: registered())
        monkeypatch.setattr(silence, "look_at", lambda *_: self.route)
        monkeypatch.setattr(silence, "FIRST_LOOK", timedelta(0))

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        assert self.now < 3_600


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_wait_that_cannot_succeed_ends_early_and_says_why(
    hub: FakeHub, files: Files, monkeypatch: pytest.MonkeyPatch, as_json: tuple[str, ...]
) -> None:
    sent = {"change_id": "CHG-1", "customer": "globex", "revision": 1, "state": "sent"}
    told = Told(monkeypatch, sent)
    told.route = Route("the rule changecast-route-acme is disabled")
    result = typed(*files(1), "--wait", "600", *as_json)
    assert result.exit_code == 1
    assert 0 < told.now < 30
    said = " ".join((result.stdout + result.stderr).split())
    assert "the rule changecast-route-acme is disabled, so nothing was forwarded" in said
    if not as_json:
        assert "CHG-1 does not reach acme: " in said
        assert "acme: changecast doctor --customer acme; changes missed in the meantime: " in said


class HubBus:
    """The hub's bus after its policy was deleted."""

    def describe_event_bus(self, Name: str) -> dict[str, str]:  # noqa: N803
        return {"Name": Name, "Arn": f"arn:aws:events:eu-central-1:111111111111:event-bus/{Name}"}


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_wait_for_reports_that_the_hub_refuses_ends_early_with_the_advice_of_status(
    hub: FakeHub, files: Files, monkeypatch: pytest.MonkeyPatch, as_json: tuple[str, ...]
) -> None:
    sent = {"change_id": "CHG-1", "customer": "globex", "revision": 1, "state": "sent"}
    told = Told(monkeypatch, sent)
    own: Any = SimpleNamespace(client=lambda _: HubBus())
    looking = partial(silence.looking, own, clock=lambda: told.now)
    monkeypatch.setattr(announce, "looking", lambda _: looking())
    result = typed(*files(1), "--wait", "600", *as_json)
    assert result.exit_code == 1
    assert 0 < told.now < 30
    said = " ".join((result.stdout + result.stderr).split())
    assert "the hub refuses its reports" in said
    assert "is not finished after" not in said
    if not as_json:
        assert "nobody can tell yet who was told of CHG-1 at acme: the hub refuses" in said
        assert said.count("changecast doctor") == 0
        assert said.count("acme: changecast repair hub; late reports then arrive") == 1


def test_a_wait_for_a_run_that_does_not_move_says_where_to_look(
    hub: FakeHub, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = {"change_id": "CHG-1", "revision": 1, "state": "planned", "counts": {"planned": 3},
               "announced_at": "2026-11-01T10:00:00Z", "reported_at": "2026-11-01T10:00:01Z",
               "deadline": "2026-11-01T10:15:00Z"}  # fmt: skip
    sent = {"change_id": "CHG-1", "customer": "globex", "revision": 1, "state": "sent"}
    told = Told(monkeypatch, planned | {"customer": "acme"}, sent)
    result = typed(*files(1), "--wait", "90")
    assert result.exit_code == 3
    assert told.now >= 90
    said = " ".join(result.stdout.split())
    assert "no report for" in said
    assert "alert due at 10:15 UTC" in said
    assert "acme: changecast doctor --hub --customer acme (docs/runbook/stalled.md)" in said


def test_a_wait_for_a_run_that_waits_for_an_operator_ends_early(
    hub: FakeHub, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = {"code": "sender_not_verified", "message": "not verified"}
    row = {"change_id": "CHG-1", "revision": 1, "state": "paused", "reason": reason}
    told = Told(monkeypatch, row | {"customer": "acme"}, row | {"customer": "globex"})
    assert typed(*files(1), "--wait", "600").exit_code == 1
    assert told.now < 30


def test_a_fault_that_only_the_hub_sees_names_its_file_and_no_bare_path(
    hub: FakeHub, tmp_path: Path
) -> None:
    file = tmp_path / "metadata.json"
    file.write_text(json.dumps(document(changeId="CHG-1:test")))
    result = typed(str(file), "--dry-run")
    assert isinstance(result.exception, Refused)
    assert "$" not in str(result.exception)
    assert str(result.exception).startswith(f"{file}: the document: ")


def test_after_the_advice_all_is_put_once_more_under_the_same_revision(
    hub: FakeHub, files: Files
) -> None:
    paths = files(2)
    hub.events.answers = ["", "AccessDenied"]
    typed(*paths)
    result = typed(*paths)
    assert result.exit_code == 0
    assert "CHG-1 revision 1 was already announced" in result.stdout
    assert "CHG-2 revision 1 announced to" in result.stdout


FREEZE = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//\nBEGIN:VEVENT\n"
    "DTSTART;VALUE=DATE:20270120\nSUMMARY:Stocktaking\nEND:VEVENT\nEND:VCALENDAR\n"
)


def test_announce_refuses_a_freeze_unless_somebody_says_why(
    hub: FakeHub, files: Files, tmp_path: Path
) -> None:
    folder = tmp_path / "freezes"
    folder.mkdir()
    (folder / "acme.ics").write_text(FREEZE)
    asked = (*files(1), "--freezes", str(folder))
    refused = typed(*asked)
    assert isinstance(refused.exception, Refused)
    assert "acme: in the freeze 'Stocktaking'" in str(refused.exception)
    assert hub.events.entries == []
    assert typed(*asked, "--despite", "Certificates end.").exit_code == 0
    assert len(hub.events.entries) == 1


def test_a_folder_of_freezes_that_is_not_there_is_refused(hub: FakeHub, files: Files) -> None:
    refused = typed(*files(1), "--freezes", "nowhere")
    assert isinstance(refused.exception, Refused)
    assert hub.events.entries == []
