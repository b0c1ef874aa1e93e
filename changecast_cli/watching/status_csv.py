"""Runs as CSV (RFC 4180): a row per change and customer. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from changecast_cli.watching.runs import COUNTS, Run

COLUMNS = ("change_id", "title", "customer", "account", "revision", "state", *COUNTS,
           "reason_code", "reason", "announced_at", "started_at", "ended_at")  # fmt: skip
# A spreadsheet runs a cell that begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(runs: Iterable[Run]) -> str:
    """The whole file, header first; a text that a spreadsheet would run is quoted with '."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for row in _rows(runs):
        writer.writerow({name: _inert(value) for name, value in row.items()})
    return text.getvalue()


def _rows(runs: Iterable[Run]) -> Iterator[dict[str, Any]]:
    for run in runs:
        for code, customer in run["customers"].items():
            reason = customer["reason"] or customer["rejection"] or {}
            copied = ("account", "revision", "state", "announced_at", "started_at", "ended_at")
            yield {
                "change_id": run["change_id"],
                "title": run["title"],
                "customer": code,
                **{name: customer[name] for name in copied},
                **customer["counts"],
                "reason_code": reason.get("code", ""),
                "reason": reason.get("message", ""),
            }


def _inert(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
