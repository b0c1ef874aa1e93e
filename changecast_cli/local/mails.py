"""Mails that the embedded cloud's SES sent, each with its account's customer."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

Mail = dict[str, Any]
KEYS = ("customer", "account", "to", "from", "subject", "text", "html", "headers", "attachments",
        "message_id", "list_options", "tags", "raw")  # fmt: skip


def by_customer(mails: list[Mail], codes: Mapping[str, str]) -> list[Mail]:
    """Return the mails as `local mails --json` prints them. `codes` has customers by account."""
    return [
        {key: {"customer": codes.get(mail["account"]), **mail}.get(key) for key in KEYS}
        for mail in mails
    ]


def mails_table(mails: list[Mail]) -> Table:
    """Show one line per mail."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for name in ("CUSTOMER", "TO", "SUBJECT"):
        table.add_column(name, no_wrap=name != "SUBJECT", overflow="fold")
    for mail in mails:
        table.add_row(Text(mail["customer"] or mail["account"]), Text(mail["to"]),
                      Text(mail["subject"] or ""))  # fmt: skip
    return table


def summary_table(mails: list[Mail]) -> Table:
    """Return one line per customer and subject, with the number of people who got it."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("CUSTOMER", no_wrap=True)
    table.add_column("MAILS", no_wrap=True, justify="right")
    table.add_column("SUBJECT", overflow="fold")
    grouped = Counter((mail["customer"] or mail["account"], mail["subject"]) for mail in mails)
    for (customer, subject), number in grouped.items():
        table.add_row(Text(customer), Text(str(number)), Text(subject or ""))
    return table


def write_mails(mails: list[Mail], folder: Path) -> None:
    """Write every mail as .eml, and its HTML as .html."""
    for number, mail in enumerate(mails, 1):
        name = re.sub(r"[^A-Za-z0-9]+", "-", f"{mail['subject']} {mail['to']}")[:100].strip("-")
        place = folder / str(mail["customer"] or mail["account"])
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:03d}-{name}.eml").write_text(mail["raw"], "utf-8", newline="")
        if mail["html"]:
            (place / f"{number:03d}-{name}.html").write_text(mail["html"], "utf-8")
