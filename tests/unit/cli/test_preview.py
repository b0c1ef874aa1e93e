"""changecast preview and send-test, as somebody types them."""

import email
import json
import sys
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from changecast_cli.failures import exit_code
from changecast_cli.preview import command as preview
from tests.support.builders import SAMPLES
from tests.support.mails import html_of, text_of

ROOT = Path(__file__).parents[3]
APPROVED, RESCHEDULED = (SAMPLES / f"a-current-{name}.json" for name in ("approved", "rescheduled"))
OTHER = SAMPLES / "d-flat.json"

app = typer.Typer()
app.command("preview")(preview.preview)
app.command("send-test")(preview.send_test)


def invoke(*words: object) -> Result:
    arguments = [str(word) for word in words]
    if "--config" not in arguments:
        arguments += ["--config", str(ROOT / "samconfig.toml")]
    return CliRunner().invoke(app, arguments)


def previewed(out: Path, *words: object) -> dict[str, Any]:
    result = invoke("preview", *words, "--out", out, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refusal(*words: object) -> tuple[int, str]:
    """The exit status and the sentence of something that is refused."""
    result = invoke(*words)
    assert result.exception is not None
    if isinstance(result.exception, SystemExit):
        return result.exit_code, result.stderr
    return exit_code(result.exception), str(result.exception)  # type: ignore[arg-type]


def test_a_preview_is_a_page_and_four_kinds_of_file_per_mail(tmp_path: Path) -> None:
    found = previewed(tmp_path, APPROVED, "--customer", "acme")
    assert [(mail["kind"], mail["now"]) for mail in found["mails"]] == [
        ("announcement", True),
        ("approval_request", False),
        ("started", False),
        ("completed", False),
        ("cancelled", False),
        ("withdrawn", False),
    ]
    index = (tmp_path / "index.html").read_text("utf-8")
    for mail in found["mails"]:
        for kind, names in mail["files"].items():
            assert len(names) == (0 if (kind, mail["kind"]) == ("ics", "approval_request") else 1)
            assert all(Path(name).name in index and Path(name).stat().st_size for name in names)
        message = email.message_from_bytes(
            Path(mail["files"]["eml"][0]).read_bytes(), policy=default
        )
        assert message["Subject"] == mail["subject"]
        assert message["Date"]
        assert Path(mail["files"]["html"][0]).read_text("utf-8") == html_of(message)
        assert Path(mail["files"]["txt"][0]).read_text("utf-8") == text_of(message)
        assert mail["html_bytes"] < 100_000


def test_an_update_is_shown_as_those_read_it_who_know_the_plan_and_those_who_do_not(
    tmp_path: Path,
) -> None:
    found = previewed(tmp_path, RESCHEDULED, "--customer", "acme", "--previous", APPROVED)
    now = [mail for mail in found["mails"] if mail["now"]]
    assert [mail["name"] for mail in now] == ["update-changed", "update-full"]
    assert now[0]["subject"].startswith("Moved: ")
    assert now[1]["subject"].startswith("Planned: ")


def test_a_dropped_customer_sees_the_withdrawal(tmp_path: Path) -> None:
    found = previewed(tmp_path, RESCHEDULED, "--customer", "globex", "--previous", APPROVED)
    assert [mail["kind"] for mail in found["mails"] if mail["now"]] == ["withdrawn"]


def test_an_added_customer_sees_the_full_announcement(tmp_path: Path) -> None:
    found = previewed(tmp_path, RESCHEDULED, "--customer", "initech", "--previous", APPROVED)
    assert [mail["name"] for mail in found["mails"] if mail["now"]] == ["announcement-full"]


def test_language_and_zone_can_be_tried(tmp_path: Path) -> None:
    words = (APPROVED, "--customer", "acme", "--language", "de", "--timezone", "Asia/Tokyo")
    found = previewed(tmp_path, *words)
    first = found["mails"][0]
    assert first["subject"].startswith("Geplant: ")
    assert "Do. 21. Jan. 07:00" in first["subject"]
    said = Path(first["files"]["txt"][0]).read_text("utf-8")
    assert "07:00 – 08:30 Uhr (Asia/Tokyo, UTC+09:00)" in " ".join(said.split())


def test_templates_can_be_tried(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mail.txt.j2").write_text("Own: {{ content.title }}", "utf-8")
    words = (APPROVED, "--customer", "acme", "--templates", tmp_path / "own")
    found = previewed(tmp_path / "out", *words)
    text = Path(found["mails"][0]["files"]["txt"][0]).read_text("utf-8")
    assert text == "Own: Patch the bastion hosts in eu-central-1\n"


def test_a_template_that_fails_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mail.txt.j2").write_text("{{ content.nothing }}", "utf-8")
    words = (APPROVED, "--customer", "acme", "--templates", tmp_path, "--out", tmp_path / "out")
    status, said = refusal("preview", *words)
    assert status == 2
    assert "nothing" in said


def test_a_draft_says_that_nobody_gets_a_mail(tmp_path: Path) -> None:
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps(json.loads(APPROVED.read_text("utf-8")) | {"status": "draft"}))
    found = previewed(tmp_path / "out", draft, "--customer", "acme")
    assert found["says"] == "Nobody would get a mail now: a draft is never mailed."
    assert not any(mail["now"] for mail in found["mails"])


def test_a_minor_revision_says_who_still_gets_a_mail(tmp_path: Path) -> None:
    minor = tmp_path / "minor.json"
    changed = {"version": 9, "changeTitle": " Patch the bastion hosts in\u00a0eu-central-1"}
    minor.write_text(json.dumps(json.loads(APPROVED.read_text("utf-8")) | changed))
    found = previewed(tmp_path / "out", minor, "--customer", "acme", "--previous", APPROVED)
    assert found["says"].startswith("Only people who missed the last revision would get a mail now")
    assert [mail["name"] for mail in found["mails"] if mail["now"]] == ["update-full"]


def test_a_document_without_a_version_is_the_revision_after_the_previous(tmp_path: Path) -> None:
    sample = SAMPLES / "b-form-export.json"
    found = previewed(tmp_path, sample, "--customer", "acme", "--previous", sample)
    assert found["says"].startswith("Only people who missed")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((APPROVED, "--customer", "nobody"), "has no customer 'nobody' (known: acme"),
        ((APPROVED, "--customer", "hub"), "has no customer 'hub'"),
        ((APPROVED, "--customer", "initech"), "does not name customer initech (it names acme"),
        ((APPROVED, "--customer", "acme", "--timezone", "Mars/X"), "not an IANA time zone"),
        ((APPROVED, "--customer", "acme", "--language", "xx"), "available: de, en, es, fr"),
        (("missing.json", "--customer", "acme"), "missing.json cannot be read"),
        (
            (RESCHEDULED, "--customer", "acme", "--previous", SAMPLES / "d-flat.json"),
            "is about WEB",
        ),
        ((APPROVED, "--customer", "acme", "--previous", RESCHEDULED), "revision 4"),
        ((APPROVED, "--customer", "acme", "--config", "none.toml"), "use --config"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_sentence(
    words: tuple[object, ...], sentence: str, tmp_path: Path
) -> None:
    status, said = refusal("preview", *words, "--out", tmp_path)
    assert (status, said.count("\n")) == (2, 0)
    assert sentence in said


def test_a_faulty_document_is_refused_with_its_paths(tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.json"
    wrong = {"implementationEnd": "soon", "timezone": "Mars/X"}
    faulty.write_text(json.dumps(json.loads(APPROVED.read_text("utf-8")) | wrong))
    status, said = refusal("preview", faulty, "--customer", "acme", "--out", tmp_path)
    assert status == 2
    assert "$.timezone" in said


class FakeSes:
    """Keeps what it was asked to send."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_email(self, **call: Any) -> dict[str, str]:
        self.sent.append(call)
        return {"MessageId": "m-1"}


def test_a_test_mail_says_that_it_is_one_and_goes_to_one_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ses, sessions = FakeSes(), []

    class Session:
        def __init__(self, **settings: Any) -> None:
            sessions.append(settings)

        def client(self, service: str) -> FakeSes:
            assert service == "sesv2"
            return ses

    monkeypatch.setattr(sys.modules[preview.__name__].boto3, "Session", Session)
    words = (
        RESCHEDULED,
        "--customer",
        "acme",
        "--previous",
        APPROVED,
        "--to",
        "me@provider.example",
    )
    result = invoke("send-test", *words, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["message_id"] == "m-1"
    assert sessions == [{"profile_name": "changecast-acme", "region_name": "eu-central-1"}]
    (call,) = ses.sent
    assert call["Destination"] == {"ToAddresses": ["me@provider.example"]}
    assert "ListManagementOptions" not in call
    message = email.message_from_bytes(call["Content"]["Raw"]["Data"], policy=default)
    assert message["To"] == "me@provider.example"
    assert message["Subject"].startswith("TEST: Moved: ")
    assert "{{" not in text_of(message)


def test_a_test_mail_goes_to_nobody_where_nothing_would_go_out(tmp_path: Path) -> None:
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps(json.loads(APPROVED.read_text("utf-8")) | {"status": "draft"}))
    status, said = refusal("send-test", draft, "--customer", "acme", "--to", "me@provider.example")
    assert (status, said) == (2, "Nobody would get a mail now: a draft is never mailed.")


@pytest.mark.parametrize("to", ["me", "me@x.example, you@x.example", "jö@x.example"])
def test_a_test_mail_goes_to_one_plain_address(to: str) -> None:
    status, said = refusal("send-test", APPROVED, "--customer", "acme", "--to", to)
    assert status == 2
    assert "not a plain mail address" in said
