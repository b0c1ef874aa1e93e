"""A file that is no change document: what it looks like, and which command reads it."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from changecast.contract.envelope import EVENT_LIMIT
from changecast_cli.announcing.documents import read_file
from changecast_cli.failures import Refused
from changecast_cli.main import app
from changecast_cli.text_files import read_text

PEOPLE = "email,topics\nana@acme.example,announcements\n"
CUSTOMERS = "code;account;region\nacme;222222222222;eu-central-1\n"
MAIL = "Received: from a\nFrom: ana@acme.example\nSubject: Planned: VPN\n\nAna <a@acme.example>,\n"


def a_zip(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "looks", "then"),
    [
        (PEOPLE, "looks like a list of people", "contacts import {file} --customer CODE"),
        ("\ufeff" + PEOPLE, "looks like a list of people", "contacts import {file}"),
        (PEOPLE.encode("utf-16"), "looks like a list of people", "contacts import {file}"),
        ("Größe;Email\nx;ana@acme.example\n".encode("cp1252"), "a list of people", "{file}"),
        ("ana@acme.example\nben@acme.example\n", "a list of people", "contacts import {file}"),
        ("email,topics\n" + "a@b.example,x\n" * 100_000, "a list of people", "contacts import"),
        (CUSTOMERS, "looks like a list of customers", "changecast customers add --from {file}"),
        ("a,b\n1,2\n", "looks like a table (CSV)", "customers add --from {file}"),
        (a_zip("xl/workbook.xml"), "is an Excel workbook", "save it as CSV"),
        (a_zip("word/document.xml"), "is a Word document", "Give the JSON file"),
        (a_zip("x"), "is a zip archive", "Give the JSON file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "of the old format", "save it as CSV"),
        (b"%PDF-1.7\n\xff", "is a PDF", "Give the JSON file"),
        (MAIL, "looks like a mail", "attached"),
        ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "looks like a calendar", "freeze push"),
        ("<html><body>Sign in</body></html>", "looks like a web page", "sign-in"),
        ("changeId: CHG-1\ncustomers:\n  - acme\n", "looks like YAML", "Convert it to JSON"),
        ("# of CHG-1\nchangeId: CHG-1\n", "looks like YAML", "Convert it to JSON"),
        ("---\nchangeId: CHG-1\n", "looks like YAML", "Convert it to JSON"),
        ("# hub\n[hub.global]\na = 1\n", "looks like TOML", "--config"),
        ('[hub.global]\na = "1"\n', "looks like TOML", "--config"),
        ('[{"changeId": "CHG-1"}]', "is a JSON list", "a file of its own"),
        ("Please announce this, thanks", "looks like plain text", "Give the JSON file"),
        ("", "is empty", "Give the JSON file"),
        (" \n\t", "is empty", "Give the JSON file"),
    ],
)  # fmt: skip
def test_it_is_said_what_a_file_looks_like_and_what_to_do_with_it(
    tmp_path: Path, body: str | bytes, looks: str, then: str
) -> None:
    file = tmp_path / "metadata.json"
    file.write_bytes(body.encode() if isinstance(body, str) else body)
    with pytest.raises(Refused) as refused:
        read_file(file)
    assert f"{file} " in str(refused.value)
    assert looks in str(refused.value)
    assert then.format(file=file) in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        '{"changeId": "CHG-1"}',
        '\ufeff \n{"changeId": "CHG-1"}',
        '{"changeId": "ana@acme.example, ben@acme.example"',
        "{'changeId': 'CHG-1'}",
        '// exported, today\n{"changeId": "CHG-1"}',
        "[" * 1_000,
        b"\xff{",
        '{"changeId": "CHG-1"}'.encode("utf-16"),
        '{"changeId": "CHG-1"}'.encode("utf-16-le"),
    ],
)
def test_what_is_json_or_nearly_is_left_to_its_reader(tmp_path: Path, body: str | bytes) -> None:
    file = tmp_path / "metadata.json"
    file.write_bytes(body.encode() if isinstance(body, str) else body)
    read_file(file)


def test_a_name_with_a_blank_is_quoted_in_the_command(tmp_path: Path) -> None:
    file = tmp_path / "my people.csv"
    file.write_text(PEOPLE)
    with pytest.raises(Refused, match=f"contacts import '{file}'"):
        read_file(file)


def test_a_document_that_is_too_large_is_refused_for_its_size(tmp_path: Path) -> None:
    file = tmp_path / "metadata.json"
    file.write_text('{"changeId": "' + "x" * EVENT_LIMIT)
    with pytest.raises(Refused, match="the limit is"):
        read_file(file)


@pytest.mark.parametrize(
    "verb", [("validate",), ("announce",), ("announce", "--dry-run"), ("propose",),
             ("preview", "--customer", "acme", "--out", "mails"),
             ("demo",)],
)  # fmt: skip
def test_every_verb_that_reads_a_document_says_it(tmp_path: Path, verb: tuple[str, ...]) -> None:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE)
    ended = CliRunner().invoke(app, [*verb, str(file)])
    said = str(ended.exception) if isinstance(ended.exception, Refused) else ended.output
    assert ended.exit_code
    said = " ".join(said.split())
    assert "looks like a list of people, not a change document (JSON)" in said
    assert f"changecast contacts import {file} --customer CODE" in said
    if verb == ("validate",):
        told = json.loads(CliRunner().invoke(app, [*verb, str(file), "--json"]).stdout)
        assert "looks like a list of people" in told["files"][0]["faults"][0]["message"]


def test_an_empty_stdin_is_named() -> None:
    ended = CliRunner().invoke(app, ["announce", "-"], input="")
    assert isinstance(ended.exception, Refused)
    assert "stdin is empty" in str(ended.exception)


def test_what_stdin_has_can_be_typed_again_with_a_dash() -> None:
    ended = CliRunner().invoke(app, ["announce", "-"], input=PEOPLE)
    assert "changecast contacts import - --customer CODE" in str(ended.exception)


def test_a_workbook_of_people_or_customers_is_named_too(tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    file.write_bytes(a_zip("xl/workbook.xml"))
    with pytest.raises(Refused, match="is an Excel workbook, not a text file: save it as CSV"):
        read_text(file)


def test_only_a_table_of_people_is_asked_for_as_csv_with_an_encoding(tmp_path: Path) -> None:
    file = tmp_path / "people"
    file.write_bytes("Zoë".encode("cp1252"))
    with pytest.raises(Refused, match="save it as UTF-8, or use --encoding"):
        read_text(file)
    with pytest.raises(Refused, match=r"save it as UTF-8$"):
        read_text(file, expected="TOML")
    file.write_bytes(a_zip("xl/workbook.xml"))
    with pytest.raises(Refused, match="not a text file: save it as TOML"):
        read_text(file, expected="TOML")
