"""Text files as spreadsheets and mail programs write them: the encoding is known, or asked for."""

import codecs
import os
import tempfile
from pathlib import Path

from changecast_cli.failures import Failed, Refused

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LARGEST = 64_000_000


def read_text(path: Path, encoding: str | None = None) -> str:
    """The file's text: by `encoding`, else by its byte order mark, else as UTF-8.

    Refused where it is none of these: guessing would turn people's names into others.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Refused(f"{path} has more than {LARGEST:,} bytes: split it")
        body = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from error
    name = encoding or next((name for mark, name in _MARKS if body.startswith(mark)), "utf-8")
    try:
        return body.decode(name)
    except LookupError as error:
        raise Refused(f"{name!r} is no encoding that Python knows, for instance cp1252") from error
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise Refused(
            f"{path} line {line} is not {name}: save it as UTF-8, or say --encoding "
            "(Excel on Windows writes cp1252)"
        ) from error


def delimiter_of(text: str) -> str:
    """Comma, semicolon (spreadsheets of half of Europe) or tab: what the first line has most of."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def save_text(path: Path, text: str, *, mode: int) -> None:
    """Replace a file in one step: it is the old one or the new one, never half of it."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}") from error
