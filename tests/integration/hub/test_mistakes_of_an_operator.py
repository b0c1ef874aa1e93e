"""Five mistakes of an operator in a hurry do no harm, and are reported."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from changecast.hub.tracking.operator_actions import actions_on
from changecast_cli.customers.samconfig_entries import add_all
from changecast_cli.failures import Refused
from changecast_cli.main import app
from changecast_cli.repair import causes, held, redrive, resume
from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.ses import Ses
from tests.integration.delivery.test_dry_run import account_of
from tests.integration.hub.conftest import Register
from tests.integration.hub.test_operator_actions import status_row

SAMCONFIG = Path(__file__).parents[3] / "samconfig.toml"
NOT_A_CHANGE = "code,account,region\nacme,222222222222,eu-central-1\n"
PEOPLE = [f"p{number}@acme.example" for number in range(1, 6)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's folder, with a profile that leads into another account."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "config").write_text(
        "[profile changecast-globex]\naws_access_key_id = test\naws_secret_access_key = test\n"
    )
    return tmp_path


def typed(*words: str) -> Any:
    return CliRunner().invoke(app, [*words])


@pytest.mark.parametrize(
    "words",
    [
        ("resume", "CHG-1", "--customer", "acmee"),
        ("redrive", "--customer", "acmee"),
        ("replay", "--from", "1h", "--customer", "acmee"),
        ("held", "CHG-1", "--customer", "ACME"),
    ],
)
def test_a_wrong_code(table: Any, register: Register, words: tuple[str, ...]) -> None:
    register("acme", "globex")
    result = typed(*words, "--yes")
    assert isinstance(result.exception, Refused)
    assert "is not registered" in str(result.exception)
    assert "acme" in str(result.exception).partition("registered")[2]
    assert table.scan()["Items"] == []


@pytest.mark.parametrize("verb", ["resume", "held", "redrive"])
def test_a_customer_that_the_change_does_not_name(
    table: Any, register: Register, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """The change names only globex, and the operator types acme."""
    register("acme", "globex")
    status_row(table, "globex")
    entered = account_of(Account(ses=Ses()))
    entered = replace(entered, outputs={**entered.outputs, "DeadLetters": "dead"})
    for module in (resume, held, redrive):
        monkeypatch.setattr(module, "enter", lambda *_: entered)
    monkeypatch.setattr(redrive, "taken", lambda *_: nullcontext([]))
    result = typed(verb, "CHG-1", "--customer", "acme", "--yes")
    assert isinstance(result.exception, Refused)
    assert str(result.exception) == "CHG-1 does not name 'acme'; it names globex"


@pytest.mark.parametrize("words", [("resume", "CHG-1"), ("redrive",), ("held", "CHG-1")])
def test_a_wrong_profile(table: Any, register: Register, words: tuple[str, ...]) -> None:
    register("acme", "globex")
    result = typed(*words, "-c", "acme", "--customer-profile", "changecast-globex", "--yes")
    assert isinstance(result.exception, Refused)
    said = str(result.exception)
    assert "the profile changecast-globex belongs to account" in said
    assert "but acme is in 222222222222: use the right --customer-profile" in said
    assert table.scan()["Items"] == []


def test_a_wrong_file(table: Any, register: Register, folder: Path) -> None:
    register("acme")
    (folder / "customers.csv").write_text(NOT_A_CHANGE)
    announced = typed("announce", "customers.csv", "--region", "eu-central-1")
    assert announced.exit_code
    assert "customers.csv" in announced.output + str(announced.exception)
    (folder / "people.json").write_text('{"people": []}')
    restored = typed("contacts", "restore", "people.json", "--yes")
    assert restored.exit_code
    assert table.scan()["Items"] == []


def test_an_old_file() -> None:
    """An outdated list of customers: what differs is named, and kept."""
    text = SAMCONFIG.read_text("utf-8")
    old = {"code": "acme", "account": "222222222222", "region": "eu-central-1",
           "name": "Acme before the merger", "sender": "changes@acme.example",
           "timezone": "Europe/Madrid"}  # fmt: skip
    added = add_all(text, [("line 2", old)])
    assert added.text == text
    assert "-> Acme before the merger" in added.refused["line 2"]
    assert "--update" in added.refused["line 2"]


@pytest.mark.usefixtures("when_samples_were_written")
def test_twice(table: Any, register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was resumed already is not resumed again, and nobody gets two mails."""
    register("acme")
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}, answer=_over_its_limits))
    monkeypatch.setattr(resume, "enter", lambda *_: account_of(account))
    monkeypatch.setattr(causes, "checked_account", lambda *_: None)
    account.announce(envelope())
    account.settle()
    assert account.run("CHG1").paused
    account.ses.answer = lambda _: None
    first = typed("resume", "CHG1", "--customer", "acme", "--yes")
    assert "Resumed" in first.stdout
    second = typed("resume", "CHG1", "--customer", "acme", "--yes")
    assert "Nothing to do: CHG1 revision 1 at acme is not paused." in " ".join(
        second.stdout.split()
    )
    account.settle()
    assert sorted(mail.to for mail in account.ses.mails) == PEOPLE
    assert [one.action for one in actions_on(table, "CHG1")] == ["resumed"]


def _over_its_limits(_: str) -> None:
    raise refusal("LimitExceededException", 400, "too much")
