"""The message for each kind of bad input, where a person sees it."""

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from changecast.hub.tracking.table import statuses
from changecast_cli.main import run
from tests.support.provider import Provider, document, eventually


@pytest.fixture
def as_provider(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    for name, value in provider.cloud.environment("111111111111").items():
        monkeypatch.setenv(name, value)
    return provider


def typed(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["changecast", *words])
    with pytest.raises(SystemExit) as stopped:
        run()
    return int(stopped.value.code or 0)


def test_a_document_that_breaks_the_schema_is_refused_with_every_fault(
    as_provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = document(customers=["nobody"], implementationEnd="2020-01-01T00:00:00Z")
    Path("bad.json").write_text(json.dumps(bad))
    assert typed(monkeypatch, "announce", "bad.json") == 2
    assert "window must end after it starts" in " ".join(capsys.readouterr().err.split())
    assert as_provider.status(bad["changeId"])["customers"] == {}


def test_an_unknown_customer_is_refused_by_name_and_the_good_file_beside_it_is_not_put(
    as_provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good, bad = document(), document(customers=["acme", "umbrella"])
    Path("good.json").write_text(json.dumps(good))
    Path("bad.json").write_text(json.dumps(bad))
    assert typed(monkeypatch, "announce", "good.json", "bad.json") == 2
    assert "'umbrella' is not registered" in capsys.readouterr().err
    assert as_provider.mails(good["changeId"]) == []
    assert as_provider.status(good["changeId"])["customers"] == {}


def test_without_credentials_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    Path("good.json").write_text(json.dumps(document()))
    assert typed(monkeypatch, "announce", "good.json") == 1
    said = capsys.readouterr().err
    assert "AWS credentials are missing" in said
    assert "Traceback" not in said


def raw(**changed: Any) -> dict[str, Any]:
    """The detail of a plain event, as a change system without our library would put it."""
    change_id = f"RAW-{uuid4().hex[:8]}"
    detail = {
        "schema_version": "1",
        "event_id": str(uuid4()),
        "change_id": change_id,
        "revision": 1,
        "customers": ["acme"],
        "withdrawn": [],
        "announced_at": "2027-01-14T09:00:00Z",
        "announced_by": "change-system",
        "correlation_id": "c-1",
        "change": {
            "change_id": change_id,
            "revision": 1,
            "title": "Patch the bastion hosts",
            "status": "approved",
            "window": {
                "start": "2027-01-20T22:00:00Z",
                "end": "2027-01-20T23:00:00Z",
                "timezone": "Europe/Madrid",
            },
        },
        "metadata": {},
    }
    return {**detail, **changed}


def state(provider: Provider, change_id: str, code: str = "acme") -> str:
    customers = provider.status(change_id)["customers"]
    return str(customers.get(code, {}).get("state", ""))


def test_a_plain_event_put_by_another_system_is_mailed(provider: Provider) -> None:
    detail = raw()
    provider.put_raw(detail)
    eventually(lambda: state(provider, detail["change_id"]) == "sent")
    assert len(provider.mails(detail["change_id"])) == 5


BROKEN = [
    pytest.param({"revision": 0}, id="a revision that is none"),
    pytest.param({"change": {"title": "x"}}, id="a change without most fields"),
    pytest.param({"schema_version": "9"}, id="a version of the future"),
    pytest.param({"announced_at": "yesterday"}, id="a time that is none"),
]


@pytest.mark.parametrize("changed", BROKEN)
def test_a_raw_event_that_breaks_the_schema_is_parked_and_reported_and_the_next_goes_on(
    provider: Provider, changed: dict[str, Any]
) -> None:
    before = provider.queue_length("acme", "AnnouncementsDeadLetters")
    detail = raw(**changed)
    provider.put_raw(detail)
    eventually(lambda: provider.queue_length("acme", "AnnouncementsDeadLetters") > before)
    assert provider.mails(detail["change_id"]) == []
    good = raw()
    provider.put_raw(good)
    eventually(lambda: state(provider, good["change_id"]) == "sent")
    if changed != {"revision": 0}:
        eventually(lambda: state(provider, detail["change_id"]) == "rejected")


HOSTILE = [
    pytest.param('{"customers":["acme"],"a":' + "[" * 1_000 + "]" * 1_000 + "}", id="1,000 levels"),
    pytest.param('{"customers":["acme"],"a":1,"a":2}', id="a key twice"),
    pytest.param(json.dumps({"customers": ["acme"], "a": "x" * 800_000}), id="a bomb"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_json_is_parked_and_never_loops(provider: Provider, text: str) -> None:
    before = provider.queue_length("acme", "AnnouncementsDeadLetters")
    provider.put_raw(text)
    good = raw()
    provider.put_raw(good)
    eventually(lambda: state(provider, good["change_id"]) == "sent")
    eventually(lambda: provider.queue_length("acme", "AnnouncementsDeadLetters") == before + 1)
    eventually(lambda: provider.queue_length("acme", "AnnouncementsQueue") == 0)


def test_a_title_with_a_line_break_is_rejected(provider: Provider) -> None:
    detail = raw()
    detail["change"]["title"] = "x\r\nBcc: all@acme.example"
    provider.put_raw(detail)
    eventually(lambda: state(provider, detail["change_id"]) == "rejected")
    assert provider.mails(detail["change_id"]) == []


def test_the_same_revision_with_other_content_is_rejected_and_the_first_stays_sent(
    provider: Provider,
) -> None:
    first = raw()
    provider.put_raw(first)
    eventually(lambda: state(provider, first["change_id"]) == "sent")
    other = {**first, "event_id": str(uuid4())}
    other["change"] = {**first["change"], "title": "Something else"}
    provider.put_raw(other)
    eventually(
        lambda: provider.status(first["change_id"])["customers"]["acme"]["rejection"] is not None
    )
    assert state(provider, first["change_id"]) == "sent"
    assert len(provider.mails(first["change_id"])) == 5


def test_a_late_older_revision_mails_nobody(provider: Provider) -> None:
    newer = raw(revision=2)
    newer["change"]["revision"] = 2
    provider.put_raw(newer)
    eventually(lambda: state(provider, newer["change_id"]) == "sent")
    older = {**newer, "event_id": str(uuid4()), "revision": 1}
    older["change"] = {**newer["change"], "revision": 1, "title": "As it was"}
    provider.put_raw(older)
    hub = provider.hub()
    eventually(
        lambda: (
            [row["state"] for row in statuses(hub.table, newer["change_id"], 1)] == ["superseded"]
        )
    )
    assert len(provider.mails(newer["change_id"])) == 5


def test_nobody_on_the_topic_is_a_warning_that_people_see(provider: Provider) -> None:
    ses = provider.preparing("initech").client("sesv2")
    people = [f"person{n}@initech.example" for n in range(1, 6)]
    before = [ses.get_contact(ContactListName="changecast", EmailAddress=each) for each in people]
    for address in people:
        ses.update_contact(ContactListName="changecast", EmailAddress=address, UnsubscribeAll=True)
    try:
        run = provider.announce_and_wait(document(customers=["initech"]))
        assert run["customers"]["initech"]["state"] == "nothing_to_send"
        assert "nobody" in run["customers"]["initech"]["reason"]["message"]
    finally:
        for contact in before:
            ses.update_contact(
                ContactListName="changecast",
                EmailAddress=contact["EmailAddress"],
                TopicPreferences=contact["TopicPreferences"],
                UnsubscribeAll=False,
            )
