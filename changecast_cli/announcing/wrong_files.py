"""Files that are no change document: what they look like, and which command reads them. Pure."""

import json
import re
import tomllib
from pathlib import Path
from shlex import quote

from changecast_cli.failures import Refused
from changecast_cli.file_kinds import binary_kind
from changecast_cli.text_files import STDIN, delimiter_of, encoding_of

_WANTED = "Give the JSON file that your change system exports (docs/metadata.md)"
_IMPORT = "To import people: changecast contacts import {file} --customer CODE"
_ADD = "To add customers: changecast customers add --from {file}"
_HEADER_OF_A_MAIL = re.compile(
    r"(?:From|To|Cc|Subject|Date|Received|Return-Path|Delivered-To|Message-ID|MIME-Version"
    r"|DKIM-Signature|Content-[A-Za-z-]+|Reply-To|Sender|X-[A-Za-z-]+):\s",
    re.IGNORECASE,
)
_YAML = re.compile(r"""---(?:\s|$)|%YAML|-\s+\w|["']?[\w.-]+["']?:(?:\s|$)""")
_COLUMNS = frozenset({"email", "e-mail", "mail", "address", "topics"})


def refuse_other_kinds(path: Path, body: bytes) -> None:
    """Raise Refused if a file looks like something else than a change document.

    A document that is JSON, or nearly, is left to its reader, which names the fault's place.
    """
    file = "stdin" if path == STDIN else str(path)
    if kind := binary_kind(body):
        raise _refused(f"{file} is {kind}", _for_binary(kind))
    text = _text(body)
    if not text:
        raise Refused(f"{file} is empty. {_WANTED}")
    looks, then = _looks(text)
    if looks:
        raise _refused(f"{file} {looks}", then.format(file=quote(str(path))))


def _refused(what: str, then: str) -> Refused:
    return Refused(f"{what}, not a change document (JSON). {then}")


def _for_binary(kind: str) -> str:
    if "Excel" not in kind and "OpenDocument" not in kind:
        return _WANTED
    return (
        f"{_WANTED}. To import people from this file, save it as CSV: changecast contacts import "
        "FILE.csv --customer CODE"
    )


def _text(body: bytes) -> str:
    """Return the beginning of the text without blanks; unknown bytes are replaced."""
    return body.decode(encoding_of(body), "replace").strip("\ufeff \t\r\n")


def _looks(text: str) -> tuple[str, str]:
    """Return what a text looks like and what to do with it; empty if it may be JSON."""
    first, *others = text.splitlines()
    if text[0] in '{"/\0\ufffd':
        return "", ""
    if text[0] in "[#" and (found := _list_or_toml(text)):
        return found
    if text.startswith("BEGIN:VCALENDAR"):
        return "looks like a calendar", (
            f"{_WANTED}. To store freezes in the hub, put them in files such as freezes/acme.ics, "
            "and run: changecast freeze push"
        )
    if text[0] == "<":
        return "looks like a web page or XML", (
            f"It may be the sign-in page of your change system. {_WANTED}"
        )
    if _HEADER_OF_A_MAIL.match(first) and any(map(_HEADER_OF_A_MAIL.match, others[:20])):
        return "looks like a mail", (
            "If the change document is attached to it, save the attachment; otherwise "
            f"g{_WANTED[1:]}"
        )
    return _table(first, text) or _other(first)


def _list_or_toml(text: str) -> tuple[str, str] | None:
    """Return what to do with a JSON list or a TOML file; None if it is neither."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        pass
    else:
        return "is a JSON list", "Put each change into a file of its own"
    try:
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return ("", "") if text[0] == "[" else None
    return "looks like TOML", f"A samconfig.toml is for the option --config. {_WANTED}"


def _table(first: str, text: str) -> tuple[str, str] | None:
    """Return what a list of people or customers looks like; None if the text is neither."""
    delimiter = delimiter_of(text)
    columns = {cell.strip(' "').casefold() for cell in first.split(delimiter)}
    if {"code", "account"} <= columns:
        return "looks like a list of customers", _ADD
    lines = [line for line in text.splitlines() if line.strip()]
    with_people = sum("@" in line for line in lines)
    if (2 * with_people >= len(lines) or columns & _COLUMNS) and not _YAML.match(first):
        return "looks like a list of people", _IMPORT
    counts = {line.count(delimiter) for line in lines[:2]}
    is_table = len(lines) > 1 and len(counts) == 1 and len(columns) > 1
    if is_table and not _YAML.match(first):
        return "looks like a table (CSV)", f"{_WANTED}. {_IMPORT}. {_ADD}"
    return None


def _other(first: str) -> tuple[str, str]:
    if _YAML.match(first) or first.startswith("#"):
        return "looks like YAML", "Convert it to JSON with the same keys"
    return "looks like plain text", _WANTED
