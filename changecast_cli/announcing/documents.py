"""Change documents on disk: read completely, or refused in one sentence."""

import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from changecast.contract.envelope import EVENT_LIMIT
from changecast_cli.announcing.wrong_files import refuse_other_kinds
from changecast_cli.failures import Refused
from changecast_cli.text_files import STDIN


@dataclass(frozen=True)
class DocumentFile:
    """A file and its content."""

    path: Path
    body: bytes


def read_files(paths: list[Path]) -> list[DocumentFile]:
    """Return every file; Refused at the first that cannot be read."""
    return [read_file(path) for path in paths]


def read_file(path: Path) -> DocumentFile:
    """Read one file (`-` is stdin); Refused if it is missing, no file, unreadable or too large."""
    try:
        if path.is_dir():
            raise Refused(f"{path} is a folder; give the path of the metadata.json in it")
        with nullcontext(sys.stdin.buffer) if path == STDIN else path.open("rb") as file:
            body = file.read(EVENT_LIMIT + 1)  # a device or a pipe has no size beforehand
        size = len(body) if path == STDIN else max(len(body), path.stat().st_size)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from error
    refuse_other_kinds(path, body)
    if size > EVENT_LIMIT:
        raise Refused(
            f"{path} has {size:,} bytes, but the limit is {EVENT_LIMIT:,}: shorten "
            "the longest texts, or replace them with links"
        )
    return DocumentFile(path, body)
