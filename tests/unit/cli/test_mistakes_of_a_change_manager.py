"""Five mistakes of a change manager do no harm and are reported; nobody is mailed."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from typer.testing import CliRunner

from changecast.hub.tracking.open_windows import OpenChange
from changecast_cli.announcing import announce, dry_run, outlook
from changecast_cli.failures import BAD_INPUT, Refused
from changecast_cli.main import app
from tests.support.builders import document
from tests.support.fake_hub import FakeHub, fake_hub

FREEZE = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//\nBEGIN:VEVENT\n"
    "DTSTART;VALUE=DATE:20270120\nSUMMARY:Stocktaking\nEND:VEVENT\nEND:VCALENDAR\n"
)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeHub:
    """The hub that every `announce` uses, from its own folder; no customer's account is open."""
    fake = fake_hub()

    def closed(*_: Any) -> None:
        raise Refused("no way leads there")

    monkeypatch.setattr(announce, "connect", lambda _: fake)
    monkeypatch.setattr(outlook, "enter", closed)
    monkeypatch.chdir(tmp_path)
    return fake


def typed(body: dict[str, Any], *options: str) -> Any:
    """Announce a document, as somebody types it."""
    Path("metadata.json").write_text(json.dumps(body))
    words = ["announce", "metadata.json", "--region", "eu-central-1", *options]
    return CliRunner().invoke(app, words)


def refused(result: Any, hub: FakeHub, events: int) -> str:
    """What the refusal says; nothing was put by it."""
    assert len(hub.events.entries) == events
    assert isinstance(result.exception, Refused | SystemExit)
    assert result.exit_code in (1, BAD_INPUT)
    return " ".join(f"{result.exception} {result.output}".split())


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_window_in_the_past(hub: FakeHub, options: tuple[str, ...]) -> None:
    gone = {"implementationStart": "2020-01-20T22:00:00Z",
            "implementationEnd": "2020-01-20T23:00:00Z"}  # fmt: skip
    said = refused(typed(document(**gone), *options), hub, 0)
    assert "its window ended" in said
    assert "--past REASON" in said
    assert typed(document(**gone), "--past", "It was done at night.").exit_code == 0
    assert len(hub.events.entries) == 1


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_an_old_revision(hub: FakeHub, options: tuple[str, ...]) -> None:
    for version in (4, 5):
        typed(document(version=version, customerImpact=f"Impact {version}."))
    said = refused(typed(document(version=3), *options), hub, 2)
    assert "metadata.json: $.version: revision 3 is older than 5" in said
    edited = document(version=4, customerImpact="Impact 4, in other words.")
    said = refused(typed(edited, *options), hub, 2)
    assert "revision 4 is older than 5" in said
    assert "If this is an old file, correct the newest one instead" in said
    assert "set `version` to 6" in said


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_an_old_file_with_the_content_of_an_old_revision(
    hub: FakeHub, options: tuple[str, ...]
) -> None:
    for version in (1, 2):
        assert typed(document(version=version, customerImpact=f"Impact {version}.")).exit_code == 0
    old = document(version=1, customerImpact="Impact 1.")
    said = refused(typed(old, *options), hub, 2)
    assert "revision 2 is newer, so nothing is sent. Check whether this is an old file." in said
    assert "would be announced" not in said


def test_the_same_file_again(hub: FakeHub) -> None:
    first = typed(document(version=1), "--dry-run").stdout
    assert "would be announced to acme" in first
    assert typed(document(version=1)).exit_code == 0
    said = typed(document(version=1), "--dry-run").stdout
    assert "CHG-1 revision 1 is already announced" in said
    assert "mails nobody twice, but sends its event again to acme" in said
    assert "would be announced" not in said
    told = json.loads(typed(document(version=1), "--dry-run", "--json").stdout)
    assert told["announced"][0]["already_put"] is True
    new = typed(document(version=2, changeTitle="Patch all hosts"), "--dry-run").stdout
    assert "CHG-1 revision 2 would be announced to acme" in new
    assert len(hub.events.entries) == 1


def test_beside_an_old_file_nobody_is_told_of_another(hub: FakeHub) -> None:
    for version in (1, 2):
        assert typed(document(version=version, customerImpact=f"Impact {version}.")).exit_code == 0
    Path("old.json").write_text(json.dumps(document(version=1, customerImpact="Impact 1.")))
    Path("new.json").write_text(json.dumps(document(changeId="CHG-7")))
    for files in (("new.json", "old.json"), ("old.json", "new.json")):
        for options in ((), ("--json",), ("--wait", "1")):
            both = CliRunner().invoke(app, ["announce", *files, "--region", "eu-central-1",
                                            *options])  # fmt: skip
            said = refused(both, hub, 2)
            assert isinstance(both.exception, Refused)
            assert "old.json: CHG-1 revision 1 was announced earlier to acme" in said
            assert "None of the 2 files was announced" in said


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("second", "why"),
    [
        ({"version": 2, "customerImpact": "Other."}, "revision 2 was announced with other content"),
        ({"version": 1}, "revision 1 is older than 2"),
    ],
)
def test_files_of_one_change_that_contradict_each_other_announce_nothing(
    hub: FakeHub, second: dict[str, Any], why: str, options: tuple[str, ...]
) -> None:
    Path("1.json").write_text(json.dumps(document(version=2)))
    Path("2.json").write_text(json.dumps(document(**second)))
    both = ["announce", "1.json", "2.json", "--region", "eu-central-1", *options]
    assert why in refused(CliRunner().invoke(app, both), hub, 0)


def test_two_revisions_in_one_command_are_numbered_as_they_are_announced(hub: FakeHub) -> None:
    for number in (1, 2):
        Path(f"{number}.json").write_text(json.dumps(document(customerImpact=f"Impact {number}.")))
    both = ["announce", "1.json", "2.json", "--region", "eu-central-1"]
    planned = CliRunner().invoke(app, [*both, "--dry-run"])
    done = CliRunner().invoke(app, both)
    assert (planned.exit_code, done.exit_code, len(hub.events.entries)) == (0, 0, 2)
    for number in (1, 2):
        assert f"{number}.json: CHG-1 revision {number} would be" in planned.stdout
        assert f"{number}.json: CHG-1 revision {number} announced to" in done.stdout


def test_all_files_of_a_change_again_are_no_mistake(hub: FakeHub) -> None:
    for version in (1, 2):
        body = document(version=version, customerImpact=f"Impact {version}.")
        Path(f"{version}.json").write_text(json.dumps(body))
    for _ in range(2):
        for version in (1, 2):
            words = ["announce", *[f"{n}.json" for n in range(1, version + 1)]]
            result = CliRunner().invoke(app, [*words, "--region", "eu-central-1"])
    assert result.exit_code == 0


def test_a_disabled_rule_is_said_by_a_dry_run(hub: FakeHub) -> None:
    hub.events.disabled = {"acme"}
    said = " ".join(typed(document(), "--dry-run").stdout.split())
    fault = "warning: the rule changecast-route-acme is disabled, so nothing would be forwarded"
    assert f"acme: {fault}. To see how to fix it: changecast doctor --customer acme" in said
    assert "globex: warning" not in said


def test_a_title_that_reads_the_same_mails_nobody_and_is_said_before(hub: FakeHub) -> None:
    assert typed(document(version=1)).exit_code == 0
    same = document(version=2, changeTitle="Patch  the hosts.")
    said = " ".join(typed(same, "--dry-run").stdout.split())
    assert len(hub.events.entries) == 1
    assert "acme: nobody is mailed: nothing that readers see has changed" in said
    assert "to mail everybody anyway: --notify-all REASON" in said


def test_another_title_is_said_to_mail_everybody_before_it_does(hub: FakeHub) -> None:
    assert typed(document(version=1)).exit_code == 0
    said = typed(document(version=2, changeTitle="Patch all hosts"), "--dry-run").stdout
    assert "acme: update to everybody on the topic, title differs" in said
    assert len(hub.events.entries) == 1


def test_a_freeze(hub: FakeHub) -> None:
    Path("freezes").mkdir()
    Path("freezes/acme.ics").write_text(FREEZE)
    said = refused(typed(document()), hub, 0)
    assert "acme: in the freeze 'Stocktaking'" in said
    assert "--despite REASON" in said
    planned = typed(document(), "--dry-run")
    assert planned.exit_code == BAD_INPUT
    assert "acme: warning: in the freeze 'Stocktaking'" in planned.stdout
    assert "CHG-1 revision 1 would be refused, so nobody would be told" in planned.stdout
    assert "--despite REASON" in planned.stderr
    told = json.loads(typed(document(), "--dry-run", "--json").stdout)
    assert "in the freeze 'Stocktaking'" in told["errors"][-1]["message"]
    meant = typed(document(), "--dry-run", "--despite", "The certificate expires.")
    assert (meant.exit_code, "would be announced to" in meant.stdout) == (0, True)
    announced = typed(document(), "--despite", "The certificate expires.")
    assert len(hub.events.entries) == 1
    assert "warning CHG-1: acme: in the freeze 'Stocktaking'" in " ".join(announced.stderr.split())
    for later in ({"changeTitle": "Patch all hosts"}, {"status": "in_progress"}):
        corrected = typed(document(version=len(hub.events.entries) + 1, **later))
        assert corrected.exit_code == 0
        assert "Stocktaking" not in corrected.output, "its window is not new"


OTHERS = [
    OpenChange(*about, "approved", who, "2027-01-20T21:00:00Z", end, overdue=False)
    for about, who, end in (
        (("CHG-2", 1, "Patch the hosts"), ("acme", "globex"), "2027-01-21T00:00:00Z"),
        (("CHG-3", 1, "Ends before"), ("acme",), "2027-01-20T22:00:00Z"),
        (("CHG-4", 1, "Is at another customer"), ("initech",), "2027-01-21T00:00:00Z"),
        (("CHG-1", 1, "Is the change itself"), ("acme",), "2027-01-21T00:00:00Z"),
    )
]
WINDOW = {
    "implementationStart": "2027-01-20T22:00:00Z",
    "implementationEnd": "2027-01-20T23:00:00Z",
}


def test_another_change_at_the_same_time_is_said_before_it_is_announced(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (announce, dry_run):
        monkeypatch.setattr(module, "open_changes", lambda _: OTHERS)
    clash = "at the same time as CHG-2 (Patch the hosts)"
    planned = typed(document(**WINDOW), "--dry-run").stdout
    assert [line.strip() for line in planned.splitlines() if "at the same time" in line] == [
        f"acme: warning: {clash}", f"globex: warning: {clash}",
    ]  # fmt: skip
    hub.events.answers = ["AccessDenied"]
    for result in (typed(document(**WINDOW)), typed(document(**WINDOW))):
        said = " ".join(result.stderr.split())
        assert f"warning CHG-1: acme, globex: {clash}" in said
        assert said.count("at the same time") == 1
    told = json.loads(typed(document(**WINDOW), "--json").stdout)
    assert told["announced"][0]["warnings"] == [f"acme, globex: {clash}"]


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_file_that_is_not_announced_is_at_nobodys_time(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    for version in (1, 2):
        typed(document(**WINDOW, version=version, customerImpact=f"Impact {version}."))
    for module in (announce, dry_run):
        monkeypatch.setattr(module, "open_changes", lambda _: OTHERS)
    old = document(**WINDOW, version=1, customerImpact="Impact 1.")
    assert "at the same time" not in refused(typed(old, *options), hub, 2)


def test_a_test_and_a_cancellation_are_at_nobodys_time(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announce, "open_changes", lambda _: OTHERS)
    for result in (
        typed(document(**WINDOW), "--test"),
        typed(document(**WINDOW, status="cancelled")),
    ):
        assert result.exit_code == 0
        assert "at the same time" not in result.output


def test_an_unknown_code(hub: FakeHub) -> None:
    said = refused(typed(document(customers=["acme", "globx"])), hub, 0)
    assert "$.customers[1]: customer 'globx' is not registered" in said
    assert "globex" in said


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Query"),
        ReadTimeoutError(endpoint_url="https://dynamodb.example"),
    ],
)
def test_a_look_for_clashes_that_fails_stops_no_announcement(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(_: Any) -> None:
        raise error

    monkeypatch.setattr(announce, "open_changes", fails)
    result = typed(document(**WINDOW))
    assert (result.exit_code, len(hub.events.entries)) == (0, 1)
    assert "cannot check for other changes in the same window" in " ".join(result.stderr.split())


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_details_for_a_code_with_a_typo(hub: FakeHub, options: tuple[str, ...]) -> None:
    body = document(customer_details={"acme": {"action": "Log in."}, "globx": {"action": "Wait."}})
    said = " ".join(typed(body, *options).stdout.split())
    assert "warning $.customer_details.globx: nobody sees it, because the change does not" in said
    assert "did you mean 'globex'?" in said
    assert "$.customer_details.acme" not in said
