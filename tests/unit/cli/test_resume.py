"""What a person is told before a paused run resumes, and what the hub is told right after."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from changecast.contract.errors import PauseRun
from changecast.contract.pause_code import PauseCode
from changecast.customer.ledger import runs
from changecast.customer.ledger.schema import Run
from changecast.hub.registry import Customer
from changecast_cli.contacts.topics_known import TOPICS
from changecast_cli.customer_access import CustomerAccount
from changecast_cli.failures import Refused
from changecast_cli.main import app
from changecast_cli.repair import causes, held, resume
from changecast_cli.repair.resume import plan_for
from testbed.doubles.account import REPORTS, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses
from tests.integration.delivery.test_send_mail import raises, timeout
from tests.unit.cli.test_doctor_verdicts import ACCOUNT, IDENTITY, Aws, checked_account


def _plan(code: str, message: str) -> str:
    run = Run(
        "r", "CHG-1", 2, "event-1", "f", "update", "announcements", True, 0.0, "",
        planned=40, complete=True, paused=True, reason_code=code, reason_message=message,
    )  # fmt: skip
    return " ".join(plan_for(run, "acme"))


@pytest.mark.parametrize("code", [code for code in PauseCode if code.is_account_limit])
def test_what_a_limit_stopped_is_said_and_how_many_it_reaches(code: str) -> None:
    said = _plan(code, "it leads to evil.example")
    assert "CHG-1 revision 2 at acme" in said
    assert "it leads to evil.example" in said
    assert "40 recipients" in said
    assert "limit of acme's own account" in said


def test_a_run_that_no_limit_stopped_names_none() -> None:
    said = _plan("daily_quota", "the quota is used up")
    assert "limit of" not in said
    assert "Of its 40 recipients, those who have not been mailed get the mail (update)" in said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("no_topic", "No recipients are planned yet: all subscribers of announcements"),
        ("link_domains", "all subscribers of announcements get the mail (update) as it is"),
    ],
)
def test_a_run_without_recipients_so_far_promises_no_number(code: str, said: str) -> None:
    run = Run(
        "r", "CHG-1", 2, "event-1", "f", "update", "announcements", True, 0.0, "",
        paused=True, reason_code=code,
    )  # fmt: skip
    plan = " ".join(plan_for(run, "acme"))
    assert said in plan
    assert "0 recipients" not in plan


class Session:
    """A session whose clients are an account's doubles."""

    def __init__(self, account: Account) -> None:
        self.clients = {"dynamodb": account.table, "sqs": account.sqs}

    def client(self, service: str, **_: Any) -> Any:
        return self.clients[service]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Account:
    """An account with a run that is planned; the CLI enters it."""
    account = Account(
        ses=Ses(contacts={"announcements": ["p1@acme.example"]}),
        environment={"UNKNOWN_POLICY": "hold"},
    )
    account.announce(envelope())
    account.plan()
    customer = Customer("acme", "222222222222", "eu-central-1", "arn:aws:events:::bus", "Acme")
    entered = CustomerAccount(
        customer,
        Session(account),  # type: ignore[arg-type]
        "a test",
        {"LedgerTable": "ledger", "ReportsQueue": REPORTS},
        {"LedgerTtlDays": "120", "UnknownWindowMinutes": "60"},
    )
    for verb in (resume, held):
        monkeypatch.setattr(verb, "enter", lambda *_: entered)
        monkeypatch.setattr(verb, "session", lambda *_: None)
        # There is no hub here whose history could say it.
        monkeypatch.setattr(verb, "note", lambda *_: None)
    monkeypatch.setattr(causes, "checked_account", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    return account


def test_the_hub_hears_that_a_run_goes_on_without_waiting_for_the_sweep(account: Account) -> None:
    stop = PauseRun(PauseCode.NOT_FOUND, "no list")
    runs.pause(account.ledger, account.run("CHG1").run, stop, account.clock.now)
    account.report()
    assert account.events.last_report()["state"] == "paused"

    CliRunner().invoke(app, ["resume", "CHG1", "-c", "acme", "--yes"], catch_exceptions=False)
    account.report()

    told = account.events.last_report()
    assert (told["state"], told["reason"]) == ("planned", None)


@pytest.mark.parametrize(("way", "state"), [("--release", "planned"), ("--drop", "failed")])
def test_the_hub_hears_of_held_recipients_right_after_the_decision(
    account: Account, way: str, state: str
) -> None:
    hold(account)
    account.report()
    assert account.events.last_report()["state"] == "held"

    CliRunner().invoke(app, ["held", "CHG1", "-c", "acme", way, "--yes"], catch_exceptions=False)
    account.report()

    assert account.events.last_report()["state"] == state


def hold(account: Account) -> None:
    """The call to SES ends without an answer, and SES reports nothing about the mail."""
    account.ses.answer = raises(timeout())
    account.send()
    account.settle(65)
    account.ses.answer = lambda _: None
    assert set(account.states("CHG1").values()) == {"HELD"}


class Looked(Aws):
    """An account that the doctor looks at."""

    def get_partition_for_region(self, _: str) -> str:
        return "aws"


DELETED = ClientError({"Error": {"Code": "NotFoundException"}}, "GetEmailIdentity")
DENIED = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetEmailIdentity")
WELL: dict[str, Any] = {
    "simulate_principal_policy": {},
    "get_configuration_set": {},
    "get_configuration_set_event_destinations": {},
    "get_contact_list": {"Topics": [dict(topic) for topic in TOPICS]},
}
PAUSED_BY_SES = {"get_account": ACCOUNT | {"SendingEnabled": False}}
UNVERIFIED = {"get_email_identity": IDENTITY | {"VerifiedForSendingStatus": False}}


@pytest.mark.parametrize(
    ("code", "answers", "said"),
    [
        (PauseCode.SENDER_NOT_VERIFIED, {"get_email_identity": DELETED},
         "SES has no identity acme.example. Repair it first: "),
        (PauseCode.SENDER_NOT_VERIFIED, UNVERIFIED,
         "publish its DNS records: changecast doctor --customer acme --records"),
        (PauseCode.SENDING_PAUSED, PAUSED_BY_SES, "aws sesv2 put-account-sending-attributes"),
    ],
)  # fmt: skip
def test_a_run_whose_cause_is_still_there_is_not_resumed_unless_forced(
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    code: PauseCode,
    answers: dict[str, Any],
    said: str,
) -> None:
    runs.pause(account.ledger, account.run("CHG1").run, PauseRun(code, "no"), account.clock.now)
    look = checked_account(Looked(**WELL | answers))
    monkeypatch.setattr(causes, "checked_account", lambda *_: look)
    refused = CliRunner().invoke(app, ["resume", "CHG1", "-c", "acme", "--yes"])
    assert isinstance(refused.exception, Refused)
    assert said in str(refused.exception)
    assert account.run("CHG1").paused
    forced = CliRunner().invoke(app, ["resume", "CHG1", "-c", "acme", "--yes", "--force"])
    assert "Resumed" in forced.stdout
    assert not account.run("CHG1").paused


@pytest.mark.parametrize(
    ("code", "answers"),
    [
        (PauseCode.SENDER_NOT_VERIFIED, {}),
        # A broken account is not the cause of these pauses.
        (PauseCode.SENDER_NOT_VERIFIED, PAUSED_BY_SES),
        (PauseCode.LINK_DOMAINS, {"get_email_identity": DELETED}),
        # Nobody knows.
        (PauseCode.SENDER_NOT_VERIFIED, {"get_email_identity": DENIED}),
    ],
)
def test_a_run_whose_cause_is_gone_or_not_to_be_seen_is_resumed(
    account: Account, monkeypatch: pytest.MonkeyPatch, code: PauseCode, answers: dict[str, Any]
) -> None:
    runs.pause(account.ledger, account.run("CHG1").run, PauseRun(code, "no"), account.clock.now)
    look = checked_account(Looked(**WELL | answers))
    monkeypatch.setattr(causes, "checked_account", lambda *_: look)
    CliRunner().invoke(app, ["resume", "CHG1", "-c", "acme", "--yes"], catch_exceptions=False)
    assert not account.run("CHG1").paused
