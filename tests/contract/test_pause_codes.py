"""Every pause code is in the runbook, with its meaning, what to do, and how the run resumes."""

import re
from collections.abc import Iterator

import pytest

from changecast.contract.pause_code import PauseCode, pause_code
from testbed.expand import ROOT

RUNBOOK = ROOT / "docs" / "runbook"
AUTOMATIC = {
    "daily_quota", "SendingPausedException", "AccountSuspendedException", "sandbox",
    "no_contact_list", "contacts_denied", "no_topic",
}  # fmt: skip


def _rows() -> Iterator[tuple[str, list[str]]]:
    for line in (RUNBOOK / "paused.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for code in re.findall("`([A-Za-z_]+)`", cells[0]) if line.startswith("| `") else ():
            yield code, cells[1:]


ROWS = dict(_rows())


def test_the_table_of_pauses_is_whole() -> None:
    assert set(ROWS) == {code.value for code in PauseCode}


@pytest.mark.parametrize("code", PauseCode)
def test_a_pause_says_what_it_means_and_who_lets_the_run_go_on(code: PauseCode) -> None:
    meaning, action, resumes = ROWS[code]
    assert len(meaning) > 20
    assert len(action) > 20
    assert resumes == ("automatically" if code.automatic else "`changecast resume`")


@pytest.mark.parametrize("code", PauseCode)
def test_a_pause_has_its_page(code: PauseCode) -> None:
    assert f"`{code}`" in (RUNBOOK / f"{code.runbook}.md").read_text("utf-8")


@pytest.mark.parametrize("code", PauseCode)
def test_either_time_or_an_operator_ends_a_pause(code: PauseCode) -> None:
    assert code.automatic is (code.value in AUTOMATIC)
    assert code.needs_operator is not code.automatic


@pytest.mark.parametrize("code", ["", "newer", "no_evidence", "MessageRejected", "Daily_quota"])
def test_what_is_no_pause_is_read_as_none(code: str) -> None:
    assert pause_code(code) is None
