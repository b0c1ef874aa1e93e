"""What a customer's own alarms look at is printed as its functions run."""

import json
from typing import Any

import pytest

from changecast.customer.ledger.due_index import attention_needed, mark_attention
from changecast.customer.ledger.held import drop_held
from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.ses import Ses
from tests.integration.delivery.test_sweep import unanswered


def printed(capsys: pytest.CaptureFixture[str], name: str) -> list[Any]:
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    found = [json.loads(line) for line in lines]
    assert {one["customer"] for one in found} <= {"acme"}
    return [one[name] for one in found if name in one]


def test_a_paused_run_counts_at_every_sweep_until_it_goes_on(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_list(to: str) -> None:
        raise refusal("NotFoundException", 404, "No list.")

    account.ses.answer = no_list
    account.announce(envelope())
    account.announce(envelope(change_id="CHG2"))
    account.settle(1)
    printed(capsys, "PausedRuns")
    account.clock.sleep(3_600)
    account.sweep()
    assert printed(capsys, "PausedRuns") == [2]
    account.ses.answer = lambda to: None
    account.resume("CHG1")
    account.settle(2)
    account.sweep()
    assert printed(capsys, "PausedRuns")[-1] == 1


def test_a_run_beyond_a_limit_counts_as_paused_until_a_newer_revision_takes_its_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    limits = {"ALLOWED_LINK_DOMAINS": "acme.example"}
    account = Account(ses=Ses(contacts={"announcements": ["p@acme.example"]}), environment=limits)
    account.announce(envelope(impact="See https://evil.example"))
    account.settle(2)
    account.sweep()
    assert printed(capsys, "PausedRuns")[-1] == 1
    account.announce(envelope(2))
    account.settle(2)
    account.sweep()
    assert printed(capsys, "PausedRuns")[-1] == 0
    assert len(account.ses.mails) == 1


def test_a_held_recipient_counts_until_somebody_decides(
    capsys: pytest.CaptureFixture[str],
) -> None:
    account = unanswered("hold")
    printed(capsys, "HeldRecipients")
    account.clock.sleep(86_400)
    account.sweep()
    assert printed(capsys, "HeldRecipients") == [1]
    drop_held(account.ledger, account.run("CHG1"), account.clock.now)
    account.settle(3)
    assert printed(capsys, "HeldRecipients")[-1] == 0


def test_a_report_that_comes_late_does_not_take_back_a_mark(account: Account) -> None:
    account.announce(envelope())
    account.plan()
    run = account.run("CHG1").run
    mark_attention(account.ledger, run, paused=True, held=2, seq=8, now=1.0)
    mark_attention(account.ledger, run, paused=False, held=0, seq=7, now=2.0)
    assert attention_needed(account.ledger).held == 2
    mark_attention(account.ledger, run, paused=False, held=0, seq=9, now=3.0)
    assert attention_needed(account.ledger) == (0, 0)
    mark_attention(account.ledger, "no such run", paused=True, held=1, seq=10, now=4.0)
    assert attention_needed(account.ledger) == (0, 0)


def test_how_much_of_the_quota_is_used_is_told_by_every_sweep(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.ses.most = 20.0
    account.announce(envelope())
    account.settle(2)
    account.sweep()
    assert printed(capsys, "QuotaUsed")[-1] == 25.0
