"""Status as a sheet."""

import csv
import io

import pytest

from changecast_cli.watching.runs import run_of
from changecast_cli.watching.status_csv import COLUMNS, csv_of


def rows_of(title: str) -> list[dict[str, str]]:
    row = {
        "change_id": "CHG-1",
        "customer": "acme",
        "revision": 2,
        "state": "failed",
        "title": title,
        "counts": {"planned": 5, "failed": 5},
        "reason": {"code": "MessageRejected", "message": 'not "verified",\nsaid SES'},
    }
    return list(csv.DictReader(io.StringIO(csv_of([run_of("CHG-1", [row])]))))


def test_a_row_per_customer_with_its_counts_and_reason_whatever_the_text_holds() -> None:
    (row,) = rows_of("Patch, then reboot")
    assert tuple(row) == COLUMNS
    assert (row["customer"], row["planned"], row["failed"]) == ("acme", "5", "5")
    assert row["reason"] == 'not "verified",\nsaid SES'
    assert row["title"] == "Patch, then reboot"


@pytest.mark.parametrize("title", ["=1+1", "+49 30", "-1", "@SUM(A1)", "\tx"])
def test_no_text_becomes_a_formula_of_a_spreadsheet(title: str) -> None:
    assert rows_of(title)[0]["title"] == f"'{title}"


def test_nothing_is_a_header_only() -> None:
    assert csv_of([]) == ",".join(COLUMNS) + "\r\n"
