"""Runs as CSV (RFC 4180): a row per change and customer. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from changecast_cli.watching.runs import COUNTS, Run, answered

COLUMNS = ("change_id", "title", "customer", "account", "revision", "state", *COUNTS,
           "reason_code", "reason", "announced_at", "started_at", "ended_at",
           "answers", "approval")  # fmt: skip
# A spreadsheet runs a cell that starts with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(runs: Iterable[Run]) -> str:
    """Return the whole file, header first; a text that a spreadsheet would run is quoted with '."""
    return csv_text(COLUMNS, _rows(runs))


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as a file with a header, in which no text is a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _without_formula(value) for name, value in row.items()})
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
                "answers": answered(customer),
                "approval": (customer["responses"] or {}).get("approval", ""),
            }


def _without_formula(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
