"""What a customer's own alarms look at is printed as its functions run."""

import json
from typing import Any

import pytest

from tests.doubles.account import Account
from tests.doubles.announcements import envelope
from tests.doubles.answers import refusal


def printed(capsys: pytest.CaptureFixture[str], name: str) -> list[Any]:
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    found = [json.loads(line) for line in lines]
    assert {one["customer"] for one in found} <= {"acme"}
    return [one[name] for one in found if name in one]


def test_a_paused_run_counts_until_it_goes_on(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_list(to: str) -> None:
        raise refusal("NotFoundException", 404, "No list.")

    account.ses.answer = no_list
    account.announce(envelope())
    account.plan()
    account.send()
    account.report()
    assert printed(capsys, "PausedRuns")[-1] == 1
    account.ses.answer = lambda to: None
    account.resume("CHG1")
    account.settle(2)
    assert printed(capsys, "PausedRuns")[-1] == 0


def test_how_much_of_the_quota_is_used_is_told_by_every_sweep(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.ses.most = 20.0
    account.announce(envelope())
    account.settle(2)
    account.sweep()
    assert printed(capsys, "QuotaUsed")[-1] == 25.0
