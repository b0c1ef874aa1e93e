"""Evidence of a change: the file's content, and that a single changed byte is found and named."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from starlette.testclient import TestClient

from changecast.hub.announcing.announce import announce
from changecast_cli.console.application import application
from changecast_cli.console.aws import Aws
from changecast_cli.console.guard import Door
from changecast_cli.console.state import console_of
from changecast_cli.customer_access import CustomerAccount
from changecast_cli.evidence import export as exporting
from changecast_cli.evidence.archive import packed, unpacked
from changecast_cli.evidence.export import Evidence, Scope, export
from changecast_cli.evidence.signing import KEY_PARAMETER
from changecast_cli.evidence.verifying import Checked
from changecast_cli.failures import Refused
from changecast_cli.main import run
from tests.integration.hub.conftest import Register, Tracker
from tests.support.builders import document, envelope, recorded, reported
from tests.support.consoles import OWN, PORT, PREFIX, TOKEN
from tests.support.fake_hub import FakeEvents, FakeHub, fake_hub

NOW = datetime(2027, 1, 17, tzinfo=UTC)
ANA = "ana@acme.example"
Files = dict[str, bytes]


@pytest.fixture
def known(tracker: Tracker, register: Register) -> Tracker:
    """CHG-1, announced twice; acme reported and answered, globex did not."""
    register("globex")
    fake = fake_hub()
    events: Any = FakeEvents()
    hub = FakeHub(tracker.table, events, fake.customers, fake.caller)
    announce(document(implementer=None), hub=hub)
    announce(document(implementer=None, customerImpact="None."), hub=hub)
    for number, entry in enumerate(events.entries):
        event = {"version": "0", "id": f"a{number}", "detail-type": "ChangeAnnounced",
                 "source": "changecast.changes", "account": "111111111111", "resources": [],
                 "time": "2027-01-16T08:05:00Z", "region": "eu-central-1",
                 "detail": json.loads(entry["Detail"])}  # fmt: skip
        assert tracker.handle(event) == []
    for seq, state in enumerate(("planned", "sending", "sent"), 1):
        detail = reported(state=state, report_seq=seq, revision=2, counts={"planned": 5})
        assert tracker.handle(envelope(detail, event=f"r{seq}")) == []
    answer = recorded(responder=ANA, response_seq=4, report_seq=4, revision=2)
    assert tracker.handle(envelope(answer, event="n1")) == []
    return tracker


@pytest.fixture
def key(ssm: Any) -> str:
    """The hub's key for evidence, as the template's parameter names it."""
    made = boto3.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    arn = str(made["KeyMetadata"]["Arn"])
    ssm.put_parameter(Name=KEY_PARAMETER, Value=arn, Type="String")
    return arn


def exported(tracker: Tracker, **scope: Any) -> Evidence:
    asked = Scope("CHG-1", **{"mails": False, **scope})
    return export(boto3.Session(), tracker.table, asked, NOW)


def test_everything_that_the_hub_knows_is_in_the_file_and_whole(known: Tracker) -> None:
    found = exported(known)
    files, _ = unpacked(found.body)
    assert found.files == len(files), "what the command says is what the ZIP file has"
    assert sorted(files) == [
        "actions.json", "announced.json", "answers/acme.json", "documents/000001.json",
        "documents/000002.json", "history/acme.json", "history/globex.json", "manifest.json",
        "manifest.sha256", "status.json",
    ]  # fmt: skip
    checked = Checked(found.body)
    assert checked.faults == []
    assert (checked.entries, checked.loose) == (4, 0)
    assert exported(known).body == found.body


def test_no_address_is_in_it_unless_asked(known: Tracker) -> None:
    assert ANA.encode() not in exported(known).body
    asked = exported(known, addresses=True).body
    assert ANA.encode() in asked
    assert Checked(asked).faults == []


def test_any_one_changed_byte_is_found(known: Tracker) -> None:
    body = exported(known).body
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        try:
            faults = Checked(changed).faults
        except Refused:
            continue
        assert faults, f"byte {at}"


@pytest.mark.parametrize("name", ["history/acme.json", "documents/000001.json", "announced.json"])
def test_a_changed_missing_or_added_file_is_named(known: Tracker, name: str) -> None:
    files, _ = unpacked(exported(known).body)
    text = files[name]
    assert Checked(packed({**files, name: text.replace(b"1", b"2", 1)})).faults == [
        f"{name} was changed"
    ]
    less = {each: body for each, body in files.items() if each != name}
    assert Checked(packed(less)).faults == [f"{name} is missing"]
    assert Checked(packed({**files, "more.json": b"{}"})).faults == ["more.json was added"]


def resealed(files: Files, name: str, forge: Callable[[Any], Any]) -> bytes:
    """A file that was forged by somebody who also wrote a matching manifest."""
    text = json.dumps(forge(json.loads(files[name]))).encode()
    manifest = json.loads(files["manifest.json"])
    manifest["files"][name] = hashlib.sha256(text).hexdigest()
    whole = json.dumps(manifest).encode()
    digest = f"{hashlib.sha256(whole).hexdigest()}\n".encode()
    return packed({**files, name: text, "manifest.json": whole, "manifest.sha256": digest})


@pytest.mark.parametrize(
    ("name", "forge", "says"),
    [
        ("history/acme.json", lambda rows: [rows[0] | {"state": "failed"}, *rows[1:]],
         "the history of acme, revision 2: 000002#000000000001#r1 was changed"),
        ("history/acme.json", lambda rows: rows[1:], "entry 1 of the chain is missing"),
        ("answers/acme.json", lambda rows: [rows[0] | {"response": "rejected"}],
         "was changed after it was written"),
        ("answers/acme.json", lambda rows: [], "the status says that the chain has 4 entries"),
        ("status.json", lambda rows: [], "its status is missing"),
        ("documents/000002.json", lambda one: one | {"metadata": {"changeId": "CHG-1"}},
         "documents/000002.json is not the document that was announced"),
        ("status.json", lambda rows: [1], "status.json is not a list of rows"),
        ("status.json", lambda rows: [{"customer": []}], "do not have the form of evidence"),
    ],
)  # fmt: skip
def test_what_fits_the_manifest_and_not_the_chain_is_named(
    known: Tracker, name: str, forge: Callable[[Any], Any], says: str
) -> None:
    files, _ = unpacked(exported(known).body)
    assert says in "; ".join(Checked(resealed(files, name, forge)).faults)


def test_what_was_changed_in_the_hubs_table_is_named(known: Tracker) -> None:
    history = {"pk": "history#CHG-1#acme", "sk": "000002#000000000002#r2"}
    known.table.update_item(
        Key=history, UpdateExpression="SET #s = :s", ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": "sent"},
    )  # fmt: skip
    assert Checked(exported(known).body).faults == [
        f"the history of acme, revision 2: {history['sk']} was changed after it was written"
    ]


@pytest.fixture
def typed(
    known: Tracker,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Callable[..., tuple[int, str]]:
    """Types a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")

    def type_(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["changecast", *words])
        with pytest.raises(SystemExit) as stopped:
            run()
        said = capsys.readouterr()
        return int(stopped.value.code or 0), " ".join((said.out + said.err).split())

    return type_


def test_an_unsigned_file_claims_integrity_only(typed: Callable[..., tuple[int, str]]) -> None:
    status, said = typed("evidence", "CHG-1", "--out", "file.zip")
    assert status == 0
    assert "not signed" in said
    assert "not included: mails/acme.json" in said
    status, said = typed("evidence", "verify", "file.zip")
    assert (status, "anybody could have made it" in said) == (0, True)
    status, said = typed("evidence", "CHG-1", "--out", "file.zip")
    assert (status, "never overwritten" in said) == (2, True)
    assert typed("evidence", "CHG-2", "--out", "other.zip")[0] == 2
    body = Path("file.zip").read_bytes()
    Path("file.zip").write_bytes(body.replace(b'"sent"', b'"Sent"', 1))
    status, said = typed("evidence", "verify", "file.zip")
    assert (status, "was changed" in said) == (1, True)
    Path("text.zip").write_text("no archive")
    assert typed("evidence", "verify", "text.zip")[0] == 2


def test_a_signed_file_is_the_hubs(typed: Callable[..., tuple[int, str]], key: str) -> None:
    status, said = typed("evidence", "CHG-1", "--out", "file.zip", "--hub-only")
    assert (status, f"signed by {key}" in said) == (0, True)
    status, said = typed("evidence", "verify", "file.zip")
    assert (status, f"Signed by {key}" in said) == (0, True)
    assert "was not checked" in typed("evidence", "verify", "file.zip", "--offline")[1]


def test_another_key_or_no_signature_proves_nothing(
    typed: Callable[..., tuple[int, str]], key: str, ssm: Any
) -> None:
    typed("evidence", "CHG-1", "--out", "file.zip", "--hub-only")
    own = boto3.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    other = str(own["KeyMetadata"]["Arn"])
    ssm.put_parameter(Name=KEY_PARAMETER, Value=other, Type="String", Overwrite=True)
    typed("evidence", "CHG-1", "--out", "forged.zip", "--hub-only")
    status, said = typed("evidence", "verify", "forged.zip", "--key", key)
    assert (status, "the signature was not made with" in said) == (1, True)
    with zipfile.ZipFile("file.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    signature = json.loads(files["signature.json"])
    files["signature.json"] = json.dumps({**signature, "signature": "AAAA"}).encode()
    Path("torn.zip").write_bytes(packed(files))
    status, said = typed("evidence", "verify", "torn.zip", "--key", key)
    assert (status, "the signature was not made with" in said) == (1, True)
    del files["signature.json"]
    Path("stripped.zip").write_bytes(packed(files))
    status, said = typed("evidence", "verify", "stripped.zip", "--key", key)
    assert (status, f"is not signed, so it cannot be from {key}" in said) == (1, True)
    assert typed("evidence", "verify", "stripped.zip", "--key", key, "--offline")[0] == 1
    assert typed("evidence", "verify", "stripped.zip")[0] == 0


def test_customers_that_are_open_give_the_hashes_of_their_mails(
    known: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_(hub: boto3.Session, code: str) -> CustomerAccount:
        raise Refused(f"no way leads into {code}")

    monkeypatch.setattr(exporting, "enter", open_)
    found = exported(known, mails=True)
    assert found.left_out == {
        f"mails/{code}.json": f"no way leads into {code}" for code in ("acme", "globex")
    }
    manifest = json.loads(unpacked(found.body)[0]["manifest.json"])
    assert manifest["left_out"] == found.left_out


def test_the_console_hands_over_the_same_file(known: Tracker) -> None:
    door = Door(PORT, TOKEN, PREFIX)
    console = console_of(Aws(boto3.Session()), door, read_only=True)
    browser = TestClient(application(console, door), base_url=OWN)
    answer = browser.get(f"/{PREFIX}/change/evidence", params={"id": "CHG-1", "of": "hub"})
    assert answer.headers["content-disposition"] == 'attachment; filename="evidence-CHG-1.zip"'
    assert Checked(answer.content).faults == []
    assert Checked(answer.content).entries == 4
    unknown = browser.get(f"/{PREFIX}/change/evidence", params={"id": 'x"\r\ny', "of": "hub"})
    assert (unknown.status_code, "unknown change" in unknown.text) == (400, True)
