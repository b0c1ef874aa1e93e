"""`changecast demo` and `changecast local`, as somebody types them in an empty folder."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from changecast_local.cloud import Session
from tests.support.provider import SAMPLES, document
from tests.support.webhooks import verified

ACCOUNTS = {"acme": "222222222222", "globex": "333333333333", "initech": "444444444444"}
MAIL = "From: changes@acme.example\r\nTo: $TO\r\nSubject: Hello\r\n\r\nHello\r\n"
PROGRAM = str(Path(sys.executable).with_name("changecast"))


def typed(*words: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [PROGRAM, *words], capture_output=True, text=True, timeout=seconds, check=False, env=plain
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("demo")
    approved = SAMPLES / "a-current-approved.json"
    files = [approved, approved, SAMPLES / "a-current-rescheduled.json"]
    before = Path.cwd()
    os.chdir(folder)
    try:
        result = typed("demo", *map(str, files), "--contacts", "3", "--json", seconds=900)
    finally:
        os.chdir(before)
    assert result.returncode == 0, result.stderr + result.stdout
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_demo_prints_one_run_per_file_in_order_and_nothing_else(shown: dict[str, Any]) -> None:
    assert set(shown) == {"runs", "mails", "chats", "webhooks", "answer", "errors"}
    assert shown["errors"] == []
    assert [run["revision"] for run in shown["runs"]] == [3, 3, 4]
    assert [set(run["customers"]) for run in shown["runs"]] == [
        {"acme", "globex"},
        {"acme", "globex"},
        {"acme", "globex", "initech"},
    ]
    for run in shown["runs"]:
        for one in run["customers"].values():
            assert one["state"] == "sent"
            counts = one["counts"]
            assert counts["planned"] == counts["sent"] == counts["delivered"] == 3


def test_the_same_file_twice_mails_once_and_the_update_reaches_who_it_must(
    shown: dict[str, Any],
) -> None:
    per_person = Counter(mail["to"] for mail in shown["mails"])
    expected = {f"person{n}@{code}.example": 2 for code in ("acme", "globex") for n in (1, 2, 3)}
    assert per_person == expected | {f"person{n}@initech.example": 1 for n in (1, 2, 3)}


def test_each_customer_reads_the_life_of_the_change_as_it_concerns_it(
    shown: dict[str, Any],
) -> None:
    kinds = {
        code: [
            mail["subject"].split(",")[0].split(":")[0]
            for mail in shown["mails"]
            if mail["to"] == f"person1@{code}.example"
        ]
        for code in ACCOUNTS
    }
    assert kinds == {
        "acme": ["Planned", "Moved"],
        "globex": ["Planned", "Not affected"],
        "initech": ["Planned"],
    }
    (update,) = [mail for mail in shown["mails"] if mail["subject"].startswith("Moved")][:1]
    told = update["text"].partition("What changed")[2]
    assert told.index("Wed 20 Jan, 23:00") < told.index("Thu 21 Jan, 23:00")
    withdrawals = [m for m in shown["mails"] if m["subject"].startswith("Not affected")]
    with_calendar = [m for m in withdrawals if "METHOD:CANCEL" in str(m["attachments"])]
    assert {m["to"] for m in with_calendar} == {"person1@globex.example", "person2@globex.example"}


def test_one_person_of_the_first_customer_can_answer(shown: dict[str, Any]) -> None:
    asked = shown["answer"]
    (mail,) = [
        one
        for one in shown["mails"]
        if one["to"] == asked["to"] and one["subject"].startswith("Moved")
    ]
    assert mail["customer"] == asked["customer"] == "acme"
    assert asked["link"] in mail["text"]
    others = [one for one in shown["mails"] if one["customer"] != "acme"]
    assert not [one for one in others if "/c/" in one["text"]]


def test_the_first_customer_hears_by_chat_and_by_a_webhook_that_the_receiver_verifies(
    shown: dict[str, Any],
) -> None:
    contexts = [chat["metadata"]["additionalContext"] for chat in shown["chats"]]
    assert {one["customer"] for one in contexts} == {"acme"}
    assert shown["chats"][-1]["content"]["title"].startswith("New date: ")
    notices = [verified(one["secret"], one["headers"], one["body"]) for one in shown["webhooks"]]
    assert all(one["verified"] for one in shown["webhooks"])
    assert {one["data"]["customer"] for one in notices} == {"acme"}
    # A channel that is slower than the next revision gets the newest revision only.
    assert [one["revision"] for one in contexts] in (["3", "4"], ["4"])
    assert [one["data"]["revision"] for one in notices] in ([3, 4], [4])


def test_each_mail_is_given_whole(shown: dict[str, Any]) -> None:
    keys = {"customer", "account", "to", "from", "subject", "text", "html", "headers",
            "attachments", "message_id", "list_options", "tags", "raw"}  # fmt: skip
    for mail in shown["mails"]:
        assert set(mail) == keys
        assert (
            mail["account"] == {"acme": "2", "globex": "3", "initech": "4"}[mail["customer"]] * 12
        )
        assert "List-Unsubscribe-Post" in mail["raw"]
        assert mail["list_options"]["ContactListName"] == "changecast"
        assert ("text/calendar" in mail["raw"]) is not mail["to"].startswith("person3@")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--customers", "acme", str(SAMPLES / "d-flat.json")], "'initech' is not registered"),
        (["--customers", "acme,acme"], "names a customer twice"),
        (["--customers", "Acme!"], "not a customer code"),
        (["missing.json"], "cannot be read"),
        ([str(SAMPLES)], "is a folder"),
    ],
)
def test_a_demo_that_cannot_be_is_refused_before_anything_starts(
    words: list[str], said: str
) -> None:
    result = typed("demo", *words, seconds=120)
    assert result.returncode == 2
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert not Path(".changecast").exists()


def _send_itself_a_mail(variables: dict[str, str], address: str) -> None:
    session = Session(
        variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_DEFAULT_REGION"],
    )
    ses = session.client("sesv2")
    ses.create_email_identity(EmailIdentity="acme.example")
    ses.send_email(
        FromEmailAddress="changes@acme.example",
        Destination={"ToAddresses": [address]},
        Content={"Raw": {"Data": MAIL.replace("$TO", address).encode()}},
    )


def test_a_webhook_authority_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_text("no certificate")
    for file in (other, tmp_path / "missing.pem"):
        result = typed("local", "up", "--webhook-authority", str(file))
        assert result.returncode == 2
        assert "not a PEM file of certificates" in " ".join(result.stderr.split())


def test_the_local_cloud_is_started_found_and_ended(tmp_path: Path) -> None:
    assert typed("local", "mails").returncode == 2
    assert typed("local", "up").returncode == 0
    try:
        again = typed("local", "up")
        assert again.returncode == 2
        assert "is already running" in again.stderr
        variables = json.loads(
            typed("local", "env", "222222222222", "--administrator", "--json").stdout
        )["environment"]
        assert variables["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
        assert json.loads(typed("local", "mails", "--json").stdout)["mails"] == []
        _send_itself_a_mail(variables, "a" * 60 + "@acme.example")
        (line,) = typed("local", "mails", "--each").stdout.splitlines()[1:]
        assert "a" * 60 + "@acme.example" in line, "a mail is a line, however long its address"
        saved = typed("local", "mails", "--save", str(tmp_path))
        assert f"Written to {tmp_path}/: 1" in saved.stderr
        assert len(list(tmp_path.rglob("*.eml"))) == 1
        unknown = typed("local", "env", "nobody")
        assert unknown.returncode == 2
        assert "nobody" in unknown.stderr
    finally:
        assert typed("local", "down").returncode == 0
    assert typed("local", "down").returncode == 2


def test_a_document_too_large_to_travel_is_refused_with_its_size(tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    large.write_text(json.dumps(document(note="x" * 900_000)))
    result = typed("demo", str(large), seconds=120)
    assert result.returncode == 2
    assert "the limit is 900,000" in " ".join(result.stderr.split())
