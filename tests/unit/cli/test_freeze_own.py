"""A customer declares a freeze in its own account, and its reporter tells the hub."""

import io
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from typer.testing import CliRunner, Result

from changecast.contract.change import utc
from changecast.contract.freeze import parse_freeze
from changecast.customer.ledger.freezes import Freeze, change_freezes, read_freezes
from changecast_cli.announcing import freeze_own
from changecast_cli.announcing.freeze_times import span
from changecast_cli.failures import Refused
from changecast_cli.main import app
from changecast_cli.schemas import FOLDER
from changecast_cli.terminal import HarmlessConsole
from testbed.doubles.account import REPORTS, Account
from tests.unit.delivery.test_reporter import Refusing, report

SCHEMA = json.loads((FOLDER / "FreezeDeclared.v1.json").read_text("utf-8"))
DAY = timedelta(days=1)
Type = Callable[..., Result]


class Session:
    """A session whose clients are an account's doubles."""

    def __init__(self, account: Account) -> None:
        self.clients = {"dynamodb": account.table, "sqs": account.sqs, "sts": self}

    def client(self, service: str, **_: Any) -> Any:
        return self.clients[service]

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws:iam::222222222222:user/jo"}


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def typed(account: Account, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Types `changecast freeze ...` with the credentials of the customer's account."""
    stack = {
        "Outputs": [
            {"OutputKey": "LedgerTable", "OutputValue": "ledger"},
            {"OutputKey": "ReportsQueue", "OutputValue": REPORTS},
        ],
        "Parameters": [{"ParameterKey": "Timezone", "ParameterValue": "Europe/Madrid"}],
    }
    monkeypatch.setattr(freeze_own, "session_for", lambda *_: Session(account))
    monkeypatch.setattr(freeze_own, "find_stack", lambda *_: stack)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, ["freeze", *words])


def day(number: float) -> str:
    return f"{datetime.now(UTC) + number * DAY:%Y-%m-%d}"


def add(typed: Type, name: str = "Year end", first: float = 5, last: float = 9) -> Result:
    return typed("add", name, "--from", day(first), "--to", day(last))


def told(account: Account) -> list[Any]:
    """What the hub was told, each as the hub reads it."""
    account.report()
    details = []
    for entry in account.events.entries:
        event = {
            "version": "0", "id": "e", "detail-type": entry["DetailType"],
            "source": entry["Source"], "account": "111111111111", "region": "eu-central-1",
            "time": "2027-01-16T08:05:00Z", "detail": json.loads(entry["Detail"]),
        }  # fmt: skip
        Draft202012Validator(SCHEMA, format_checker=FormatChecker()).validate(event)
        details.append(parse_freeze(json.dumps(event)).detail)
    return details


def freeze(freeze_id: str, name: str) -> Freeze:
    soon = datetime.now(UTC) + DAY
    return Freeze(freeze_id, name, utc(soon), utc(soon + DAY), utc(soon - DAY), "jo")


def names(account: Account) -> list[str]:
    now = datetime.now(UTC)
    return [one.name for one in read_freezes(account.ledger) if one.is_open(now)]


def test_what_a_customer_declares_reaches_the_hub_in_its_own_name(
    account: Account, typed: Type
) -> None:
    said = add(typed)
    assert said.exit_code == 0, said.output
    assert "Declared: Year end" in said.output
    (detail,) = told(account)
    assert (detail.customer, detail.name, detail.removed) == ("acme", "Year end", False)
    assert detail.declared_by == "arn:aws:iam::222222222222:user/jo"
    assert account.events.entries[0]["Source"] == "changecast.delivery.111111111111"
    assert detail.end - detail.start in (5 * DAY, 5 * DAY + DAY / 24, 5 * DAY - DAY / 24)


def test_a_declared_freeze_is_shown_in_the_days_that_were_typed(typed: Type) -> None:
    said = add(typed).output
    assert f"Declared: Year end, {day(5)} 00:00 to {day(10)} 00:00 (Europe/Madrid)." in said


def test_a_freeze_that_is_taken_back_is_told_as_removed(account: Account, typed: Type) -> None:
    add(typed, "One")
    add(typed, "Two")
    one, two = told(account)
    said = typed("remove", str(one.freeze_id)[:8])
    assert (said.exit_code, names(account)) == (0, ["Two"])
    gone = told(account)[-1]
    assert (gone.freeze_id, gone.removed) == (one.freeze_id, True)
    assert gone.event_id != one.event_id
    assert "One" not in typed("list").output
    assert str(two.freeze_id)[:8] in typed("list").output


def test_one_taken_back_before_it_was_told_is_told_once(account: Account, typed: Type) -> None:
    add(typed)
    (kept,) = read_freezes(account.ledger)
    typed("remove", kept.freeze_id)
    (detail,) = told(account)
    assert detail.removed


def test_each_is_told_once_and_again_where_the_bus_refuses(account: Account, typed: Type) -> None:
    add(typed)
    hint = '{"v":1,"freezes":true}'
    assert report(account, hint, events=Refusing()) == [hint]
    assert "not reported to the provider yet" in typed("list").output
    assert len(told(account)) == 1
    assert "not reported to the provider yet" not in typed("list").output
    report(account, hint)
    assert len(told(account)) == 1


def test_at_most_twenty_that_are_not_over(account: Account, typed: Type) -> None:
    for number in range(20):
        assert add(typed, f"F{number}").exit_code == 0
    assert isinstance(add(typed, "One more").exception, Refused)
    assert len(names(account)) == 20
    typed("remove", read_freezes(account.ledger)[0].freeze_id)
    assert add(typed, "One more").exit_code == 0


def test_twenty_that_are_declared_at_once_are_all_kept(account: Account) -> None:
    now = datetime.now(UTC)

    def declare(number: int) -> None:
        new = freeze(f"{number:08}", f"F{number}")
        change_freezes(account.ledger, partial(freeze_own._with, new=new, now=now))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(declare, range(20)))
    kept = {one.name for one in read_freezes(account.ledger)}
    assert kept == {f"F{number}" for number in range(20)}


@pytest.mark.parametrize("words", [
    ("add", "x", "--from", "soon", "--to", "2030-01-01"),
    ("add", "x", "--from", "2030-01-02", "--to", "2030-01-01"),
    ("add", "x", "--from", "2020-01-02", "--to", "2020-01-03"),
    ("add", "x", "--from", "2030-01-01", "--to", "2030-03-15"),
    ("remove", ""),
    ("remove", "ffffffff"),
])  # fmt: skip
def test_what_is_no_freeze_is_refused_and_nothing_is_written(
    account: Account, typed: Type, words: tuple[str, ...]
) -> None:
    said = typed(*words)
    assert isinstance(said.exception, Refused), said.output
    assert read_freezes(account.ledger) == ()
    assert account.sqs.queue(REPORTS) == []


@pytest.mark.parametrize(("name", "why"), [
    (" ", "is empty"),
    ("two\nlines", "must be on one line, but contains U+000A"),
    ("x" * 251, "must have at most 250 characters"),
])  # fmt: skip
def test_a_name_that_is_refused_says_what_a_name_must_be(
    account: Account, typed: Type, name: str, why: str
) -> None:
    said = typed("add", name, "--from", "2030-01-01", "--to", "2030-01-02")
    assert isinstance(said.exception, Refused), said.output
    assert str(said.exception) == f"the freeze's name {why}"
    assert read_freezes(account.ledger) == ()
    assert account.sqs.queue(REPORTS) == []


def test_an_id_that_names_several_is_refused(account: Account, typed: Type) -> None:
    now = datetime.now(UTC)
    for name in ("aa1", "aa2"):
        change_freezes(account.ledger, partial(freeze_own._with, new=freeze(name, name), now=now))
    assert isinstance(typed("remove", "aa").exception, Refused)
    assert names(account) == ["aa1", "aa2"]
    assert typed("remove", "AA2").exit_code == 0
    assert names(account) == ["aa1"]


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2027-12-20", "2027-12-20", "2027-12-19T23:00:00+00:00", "2027-12-20T23:00:00+00:00"),
        ("2027-03-28", "2027-03-28", "2027-03-27T23:00:00+00:00", "2027-03-28T22:00:00+00:00"),
        ("2027-12-20T18:00", "2027-12-20T19:00", "2027-12-20T17:00:00+00:00",
         "2027-12-20T18:00:00+00:00"),
        ("2027-12-20T18:00Z", "2027-12-21T01:00+02:00", "2027-12-20T18:00:00+00:00",
         "2027-12-20T23:00:00+00:00"),
        (" 2027-12-20 ", "2028-02-17 ", "2027-12-19T23:00:00+00:00", "2028-02-17T23:00:00+00:00"),
    ],
)  # fmt: skip
def test_days_are_those_of_the_customer(start: str, end: str, first: str, last: str) -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    found = span(start, end, ZoneInfo("Europe/Madrid"), now)
    assert [each.astimezone(UTC).isoformat() for each in found] == [first, last]


def test_an_hour_that_is_there_twice_does_not_lengthen_sixty_days() -> None:
    madrid, now = ZoneInfo("Europe/Madrid"), datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(Refused, match="longer than 60 days"):
        span("2027-09-15", "2027-11-13", madrid, now)  # 60 days of the calendar and an hour
    span("2027-09-15", "2027-11-12", madrid, now)


def test_the_command_that_removes_a_freeze_can_be_typed_as_it_is_printed(
    account: Account, typed: Type
) -> None:
    said = add(typed, "Year end").output
    assert re.search(r"To remove it: changecast freeze remove [0-9a-f]{8}$", said.strip())
    when = ("--from", day(20), "--to", day(21))
    said = typed("add", "Audit", *when, "--customer", "acme").output
    found = re.search(r"changecast freeze (remove [0-9a-f]{8} --customer acme)$", said.strip())
    assert found
    assert typed(*found[1].split()).exit_code == 0
    assert names(account) == ["Year end"]
    said = typed("add", "Audit", *when, "--profile", "acme-freezes").output
    assert said.strip().endswith(" --profile acme-freezes")


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_no_time_of_a_freeze_is_cut(
    monkeypatch: pytest.MonkeyPatch, width: int, is_terminal: bool
) -> None:
    file = io.StringIO()
    screen = HarmlessConsole(file=file, force_terminal=is_terminal, width=width, highlight=False)
    monkeypatch.setattr(freeze_own, "out", screen)
    line = ("a-customer-with-a-long-code", "Year-end closing of the books",
            "2029-04-30T22:00:00Z", "2029-05-06T22:00:00Z", "CHG-1, CHG-20270119")  # fmt: skip
    header = ("CUSTOMER", "NAME", "FROM (UTC)", "TO (UTC)", "OPEN CHANGES IN THE FREEZE")
    freeze_own._show(header, [line])
    shown = " ".join(file.getvalue().split())
    assert "…" not in shown
    for cell in line:
        assert cell in shown


def test_without_a_freeze_that_is_said(typed: Type) -> None:
    assert typed("list").output == "No open freezes.\n"
