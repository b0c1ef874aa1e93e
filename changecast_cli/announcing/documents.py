"""Change documents on disk: read whole, or refused in one sentence."""

from dataclasses import dataclass
from pathlib import Path

from changecast.event import EVENT_LIMIT
from changecast_cli.failures import Refused


@dataclass(frozen=True)
class DocumentFile:
    """A file and what it holds."""

    path: Path
    body: bytes


def read_files(paths: list[Path]) -> list[DocumentFile]:
    """Every file; Refused at the first that cannot be read."""
    return [read_file(path) for path in paths]


def read_file(path: Path) -> DocumentFile:
    """One file; Refused where it is missing, no file, unreadable or far too large."""
    try:
        if path.is_dir():
            raise Refused(f"{path} is a folder; name the metadata.json in it")
        with path.open("rb") as file:
            body = file.read(EVENT_LIMIT + 1)  # a device or a pipe has no size beforehand
            size = max(len(body), path.stat().st_size)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from error
    if size > EVENT_LIMIT:
        raise Refused(
            f"{path} has {size:,} bytes; an announcement carries at most {EVENT_LIMIT:,}: "
            "shorten the longest texts, or put them behind a link"
        )
    return DocumentFile(path, body)
