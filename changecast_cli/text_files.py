"""Text files of spreadsheets and mail programs, whose encoding is known or given."""

import codecs
import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from changecast_cli.failures import Failed, Refused
from changecast_cli.file_kinds import binary_kind
from changecast_cli.terminal import err

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LARGEST = 64_000_000
CSV = "CSV"
STDIN = Path("-")


def read_text(path: Path, encoding: str | None = None, *, expected: str = CSV) -> str:
    """Return a file's text (`-` is stdin), by `encoding`, its byte order mark, or UTF-8.

    Refused if it is none of these, because a guess would garble people's names. `expected` is what
    the file should be; only verbs that read CSV have the option --encoding.
    """
    body = read_body(path, LARGEST)
    if kind := binary_kind(body):
        raise Refused(f"{path} is {kind}, not a text file: save it as {expected} (UTF-8)")
    name = encoding or encoding_of(body)
    try:
        return body.decode(name)
    except LookupError as error:
        raise Refused(
            f"{name!r} is an unknown encoding; use, for example, utf-8 or cp1252"
        ) from error
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        option = ", or use --encoding (Excel on Windows writes cp1252)" if expected == CSV else ""
        raise Refused(f"{path} line {line} is not {name}: save it as UTF-8{option}") from error


def encoding_of(body: bytes) -> str:
    """Return the encoding that a file's byte order mark names; without one, UTF-8."""
    return next((name for mark, name in _MARKS if body.startswith(mark)), "utf-8")


def read_body(path: Path, most: int) -> bytes:
    """Return the bytes of a file, or of stdin for `-`; Refused if there are more than `most`."""
    try:
        with nullcontext(sys.stdin.buffer) if path == STDIN else path.open("rb") as file:
            body = file.read(most + 1)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from error
    if len(body) > most:
        raise Refused(f"{path} has more than {most:,} bytes: split it")
    return body


def delimiter_of(text: str) -> str:
    """Return the delimiter that the first line has most: comma, semicolon or tab."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process or thread at a time read a file, compute from it and replace it.

    The lock is on the folder, because the file is replaced as a whole and a lock would stay on the
    old one. Keep calls to AWS out of the block, so that others do not wait for them.
    """
    with _lock(path, path.resolve().parent, os.O_RDONLY | os.O_DIRECTORY):
        yield


@contextmanager
def one_at_a_time(path: Path, waiting: str) -> Iterator[None]:
    """Let one process or thread at a time do what this file stands for; it stays, and is empty.

    `waiting` is printed if somebody else has the lock.
    """
    with _lock(path, path, os.O_WRONLY | os.O_CREAT, waiting):
        yield


@contextmanager
def _lock(path: Path, held: Path, flags: int, waiting: str = "") -> Iterator[None]:
    try:
        descriptor = os.open(held, flags, 0o644)
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                err.print(waiting, markup=False)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def save_text(path: Path, text: str, *, mode: int) -> None:
    """Replace a file in one step, so that it is never half written."""
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
