"""A hub where two persons announce (TwoPerson=yes), with IAM switched on."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import announce, connect
from changecast.hub.announcing.two_persons import approval_key, proposal_key
from changecast.hub.tracking.revisions import revisions
from changecast_cli.failures import exit_code
from changecast_cli.local import process as local_cloud
from changecast_cli.local.stage import HUB, REGION, add_contacts, stage_for
from changecast_cli.main import app
from testbed.fleet import deploy_fleet
from tests.support.console_program import running
from tests.support.persons import ADMINISTRATOR, person_in
from tests.support.provider import Provider, document, eventually

ALICE, BOB, CAROL = "alice", "bob", "carol@provider.example"
ROLE = ("operate-hub", "operate-propose", "operate-approve")


class Typed(NamedTuple):
    """What a command did."""

    exit_code: int
    output: str
    stdout: str


@dataclass(frozen=True)
class Office:
    """The provider, and the people who work there, each with a session of their own."""

    provider: Provider
    monkeypatch: pytest.MonkeyPatch
    folder: Path

    def be(self, person: str, *policies: str, identity: str | None = None) -> boto3.Session:
        """Work as somebody from now on; `identity` is another SourceIdentity, or "" for none."""
        for name, value in self.variables(person, *policies, identity=identity).items():
            self.monkeypatch.setenv(name, value)
        return boto3.Session()

    def variables(
        self, person: str, *policies: str, identity: str | None = None
    ) -> Mapping[str, str]:
        """The environment of somebody's session."""
        source = person if identity is None else identity
        return person_in(self.provider.cloud, person, policies or ROLE, source)

    def type(self, *words: str) -> Typed:
        """Type a command, and return what it printed and its exit status."""
        said = CliRunner().invoke(app, [*words])
        printed, status = said.output, said.exit_code
        if said.exception and not isinstance(said.exception, SystemExit):
            status, printed = exit_code(said.exception), f"{printed}{said.exception}"  # type: ignore[arg-type]
        return Typed(status, printed, said.stdout)

    def file(self, change: dict[str, Any], name: str = "metadata.json") -> str:
        path = self.folder / name
        path.write_text(json.dumps(change), "utf-8")
        return str(path)

    def propose(self, person: str, change: dict[str, Any]) -> dict[str, Any]:
        self.be(person)
        said = self.type("propose", self.file(change), "--json")
        assert said.exit_code == 0, said.output
        found: dict[str, Any] = json.loads(said.stdout)["proposed"][0]
        return found

    def events(self, change_id: str) -> list[str]:
        """The hub's records of a change that were surely put."""
        table = self.provider.table
        return [one.event_id for one in revisions(table, change_id) if one.put_at]

    @property
    def bucket(self) -> str:
        place = self.provider.hub().two_persons
        assert place
        return place.bucket


@pytest.fixture(scope="module")
def two_persons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("two-persons")
    with local_cloud.temporary(folder, keep=False) as local:
        stage = stage_for(["acme", "globex"])
        deploy_fleet(stage, local.cloud, {"TwoPerson": "yes"})
        sns = local.cloud.session(HUB.account, REGION).client("sns")
        topic = f"arn:aws:sns:{REGION}:{HUB.account}:changecast-alerts"
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@provider.example")
        add_contacts(stage, local.cloud, 2)
        yield Provider(local.cloud, stage, folder)


@pytest.fixture
def office(two_persons: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Office:
    return Office(two_persons, monkeypatch, tmp_path)


def test_one_proposes_another_approves_and_it_is_announced_once(office: Office) -> None:
    change = document(customers=["acme"])
    proposed = office.propose(ALICE, change)
    change_id = change["changeId"]
    assert office.events(change_id) == []

    office.be(BOB)
    listed = json.loads(office.type("proposals", "--json").stdout)["proposals"]
    assert proposed in listed
    looked = office.type("approve", change_id, "--dry-run")
    assert looked.exit_code == 0, looked.output
    assert f"sha256 {proposed['sha256']}" in looked.output
    assert "proposed by alice" in looked.output
    assert office.events(change_id) == []

    approved = office.type("approve", change_id, "--yes", "--wait", "300", "--json")
    assert approved.exit_code == 0, approved.output
    (run,) = json.loads(approved.stdout)["runs"]
    assert run["customers"]["acme"]["state"] == "sent"
    mails = office.provider.mails(change_id)
    assert len(mails) == 2
    assert len(office.events(change_id)) == 1

    again = office.type("approve", change_id, "--yes")
    assert again.exit_code == 2
    assert "it was already announced, was never proposed, or was deleted" in again.output
    assert len(office.provider.mails(change_id)) == len(mails)

    history = json.loads(office.type("history", change_id, "--json").stdout)["history"]
    assert history[0]["who"] == "alice"
    assert f"approved by bob (sha256 {proposed['sha256'][:12]})" in history[0]["says"]


def test_a_change_is_completed_and_a_revision_discarded_by_two_persons(office: Office) -> None:
    change = document(customers=["acme"])
    change_id = change["changeId"]

    def approve() -> Typed:
        office.be(BOB)
        done = office.type("approve", change_id, "--yes", "--wait", "300")
        assert done.exit_code == 0, done.output
        return done

    office.propose(ALICE, change)
    approve()
    office.be(CAROL)
    again = office.type("reannounce", change_id, "--customer", "acme", "--yes")
    assert again.exit_code == 0, again.output
    for words, says in (
        (("complete", change_id, "--outcome", "All is well."), "becomes completed"),
        (("discard", change_id, "--revision", "2"), "revision 1 applies again"),
    ):
        office.be(ALICE)
        proposed = office.type(*words, "--yes")
        assert proposed.exit_code == 0, proposed.output
        assert says in " ".join(proposed.output.split())
        assert office.type("approve", change_id, "--yes").exit_code == 2, "it is one's own"
        approve()
    assert len(office.provider.mails(change_id)) == 4, (
        "two people, told twice; a discard mails nobody"
    )
    history = " ".join(office.type("history", change_id).output.split())
    assert "void everywhere; approved by bob" in history
    assert "to acme alone" in history


def test_nobody_approves_what_they_proposed_themselves(office: Office) -> None:
    change = document(customers=["acme"])
    proposed = office.propose(ALICE, change)
    for words in (("--yes",), ("--yes", "--as", BOB), ("--yes", "--as", "Alice")):
        refused = office.type("approve", change["changeId"], *words)
        assert refused.exit_code == 2, refused.output
    s3 = office.be(ALICE).client("s3")
    body = json.dumps({"sha256": proposed["sha256"]}).encode()
    for approver in (ALICE, BOB, f"{BOB}/{ALICE}"):
        key = approval_key(ALICE, approver, change["changeId"])
        refusal = code(lambda at=key: s3.put_object(Bucket=office.bucket, Key=at, Body=body))
        if "/" in approver:  # IAM's star takes a slash too; the function reads the key strictly
            assert published(office, key)["refused"]["code"] == "approval"
        else:
            assert refusal == "AccessDenied"
    assert office.events(change["changeId"]) == []


def test_two_persons_with_roles_of_their_own_announce_in_chromium(office: Office) -> None:
    change = document(customers=["acme"])
    change_id, file = change["changeId"], office.file(change)
    proposer = office.variables(
        ALICE, "operate-hub", "operate-propose", "operate-approve", "operate-break-glass"
    )
    approver = office.variables(BOB, "operate-hub", "operate-approve")
    typed = {"fill": f"Type {change_id}", "with": change_id}
    with running(proposer, office.folder) as alice, running(approver, office.folder) as bob:
        alice.walk(
            {"follow": "Announce"},
            {"file": "Choose metadata.json", "with": file},
            {"see": "metadata.json is loaded"},
            {"click": "Check"},
            typed,
            {"click": "Propose"},
            {"see": "nothing is announced yet"},
        )
        own = [{"follow": change_id}, {"see": "Proposed by"}, typed, {"click": "Approve"}]
        alice.walk(*own, {"see": "another person must approve it"}, to="/proposals", complaints=1)
        assert office.events(change_id) == []

        bob.walk(
            {"follow": "Proposals"},
            {"follow": change_id},
            {"see": "SHA-256"},
            typed,
            {"click": "Approve"},
            {"see": "Customers and revisions"},
            {"see": "✓ sent"},
            {"follow": "Start"},
            {"see": "another person approves it"},
            {"click": "Propose"},
            {"see": "AWS does not let you write"},
            complaints=1,
        )
        alice.walk(
            {"follow": "Start"},
            {"click": "Propose"},
            {"see": "Each waits until a person"},
            to=f"/change?id={change_id}",
        )
        bob.walk(
            {"follow": change_id},
            {"see": "start: the change becomes in progress"},
            typed,
            {"click": "Approve"},
            {"see": "2, in progress"},
            to="/proposals",
        )
        alice.walk(
            {"follow": "Cancel the change"},
            {"click": "Check"},
            {"open": "Nobody else is awake"},
            {"fill": "Why nobody else", "with": "The site is down."},
            {"fill": f"Type the change ID, {change_id}", "with": change_id},
            {"click": "Announce alone"},
            {"see": "3, cancelled"},
            {"see": "announced alone, without approval: The site is down."},
            to=f"/change?id={change_id}",
        )
    assert len(office.events(change_id)) == 3
    records = revisions(office.provider.table, change_id)
    who = [(one.announced_by, one.approved_by) for one in records]
    assert who == [(ALICE, BOB), (ALICE, BOB), (ALICE, "")]


def test_not_even_an_administrator_writes_under_another_name(office: Office) -> None:
    s3 = office.be(CAROL, ADMINISTRATOR).client("s3")
    s3.put_object(Bucket=office.bucket, Key=proposal_key(CAROL, "CHG-1"), Body=b"{}")
    for key in (
        proposal_key(ALICE, "CHG-1"),
        approval_key(ALICE, BOB, "CHG-1"),
        "break-glass/alice/CHG-1.json",
        approval_key(CAROL, CAROL, "CHG-1"),
        "elsewhere/CHG-1.json",
    ):
        put = lambda at=key: s3.put_object(Bucket=office.bucket, Key=at, Body=b"{}")  # noqa: E731
        assert code(put) == "AccessDenied", key


def test_who_has_no_source_identity_neither_proposes_nor_approves(office: Office) -> None:
    change = document(customers=["acme"])
    office.propose(ALICE, change)
    office.be(BOB, identity="")
    for words in (("propose", office.file(change)), ("approve", change["changeId"], "--yes")):
        refused = office.type(*words)
        assert refused.exit_code == 2
        assert "aws:SourceIdentity" in refused.output
    assert office.events(change["changeId"]) == []


def test_a_document_that_changes_after_the_approval_is_refused(office: Office) -> None:
    change = document(customers=["acme"])
    seen = office.propose(ALICE, change)
    changed = office.propose(ALICE, {**change, "customers": ["acme", "globex"]})
    assert changed["sha256"] != seen["sha256"]

    session = office.be(BOB)
    refused = office.type("approve", change["changeId"], "--yes", "--sha256", seen["sha256"])
    assert refused.exit_code == 2
    key = approval_key(ALICE, BOB, change["changeId"])
    body = json.dumps({"sha256": seen["sha256"]}).encode()
    session.client("s3").put_object(Bucket=office.bucket, Key=key, Body=body)
    assert published(office, key)["refused"]["code"] == "other_proposal"
    assert office.events(change["changeId"]) == []
    assert published(office, key)["refused"]["code"] == "no_approval", "a refused one is gone"


def test_nobody_puts_an_announcement_themselves(office: Office) -> None:
    office.be(ALICE)
    refused = office.type("announce", office.file(document(customers=["acme"])))
    assert refused.exit_code == 2
    assert "changecast propose FILE" in refused.output
    administrator = office.provider.cloud.session(HUB.account, REGION)
    hub = connect(administrator)
    with pytest.raises(ContractError) as error:
        announce(document(customers=["acme"]), hub=hub)
    assert error.value.code == "two_persons"
    for session in (office.be(BOB), administrator):
        entry = {"Source": "changecast.changes", "DetailType": "ChangeAnnounced", "Detail": "{}"}
        put = {**entry, "EventBusName": "changecast-hub"}
        events = session.client("events")
        denied = code(lambda at=events, one=put: at.put_events(Entries=[one]))
        assert denied == "AccessDeniedException"


def test_a_file_for_the_intake_is_rejected_with_the_reason(office: Office) -> None:
    change = document(customers=["acme"])
    s3 = office.provider.cloud.session(HUB.account, REGION).client("s3")
    s3.put_object(Bucket=office.bucket, Key="incoming/a.json", Body=json.dumps(change).encode())

    def reasons() -> list[str]:
        listed = s3.list_objects_v2(Bucket=office.bucket, Prefix="rejected/a").get("Contents", [])
        return [one["Key"] for one in listed if one["Key"].endswith(".reason.txt")]

    (key,) = eventually(reasons)
    reason = s3.get_object(Bucket=office.bucket, Key=key)["Body"].read().decode()
    assert "two_persons" in reason
    assert office.events(change["changeId"]) == []


def test_breaking_the_glass_announces_alerts_and_stands_in_the_history(office: Office) -> None:
    change = document(customers=["acme"])
    office.be(CAROL)
    without = office.type("announce", office.file(change), "--break-glass", "The site is down.")
    assert without.exit_code == 2, "only who may break the glass"
    office.be(CAROL, "operate-hub", "operate-break-glass")
    alone = office.type(
        "announce", office.file(change), "--break-glass", "The site is down.", "--json"
    )
    assert alone.exit_code == 0, alone.output
    assert len(office.events(change["changeId"])) == 1
    history = office.type("history", change["changeId"]).output
    assert "announced alone, without approval: The site is down." in " ".join(history.split())
    records = json.loads(office.type("status", change["changeId"], "--json").stdout)
    assert "The site is down." in json.dumps(records)
    eventually(lambda: [one for one in office.provider.cloud.alerts() if about(one, change)])


def about(alert: Any, change: dict[str, Any]) -> bool:
    said = json.dumps(alert)
    return "break_glass" in said and change["changeId"] in said and "break-glass.md" in said


def published(office: Office, key: str) -> dict[str, Any]:
    """What the function says to somebody who may call it."""
    place = office.provider.hub().two_persons
    assert place
    client = office.be(BOB).client("lambda")
    answer = client.invoke(FunctionName=place.function, Payload=json.dumps({"key": key}).encode())
    said: dict[str, Any] = json.loads(answer["Payload"].read())
    return said


def code(call: Any) -> str:
    """The code with which AWS refuses a call; "" if it does not."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""
