"""Verify an evidence file: every byte, file, chain and document. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from changecast.hub.tracking.chain import faults_in_chain
from changecast.hub.tracking.revisions import document_hash
from changecast_cli.evidence.archive import (
    DIGEST,
    MANIFEST,
    SIGNATURE,
    packed,
    unpacked,
    value_in,
)
from changecast_cli.evidence.collecting import ANNOUNCED, ANSWERS, DOCUMENTS, HISTORY, STATUS, Files

Rows = list[dict[str, Any]]


class Checked:
    """The content and the faults of an archive."""

    def __init__(self, body: bytes) -> None:
        """Read and check an archive; raises Refused if the file is not one."""
        self.files, broken = unpacked(body)
        manifest = value_in(self.files, MANIFEST)
        self.manifest: Mapping[str, Any] = manifest if isinstance(manifest, dict) else {}
        self.faults = [*broken, *_faults_of_files(self.files, self.manifest)]
        if not self.faults:
            self.faults = [*_faults_of_archive(body, self.files), *_faults_within(self.files)]

    @property
    def entries(self) -> int:
        """Number of chained history entries."""
        return sum("entry_hash" in row for row in _entries(self.files))

    @property
    def loose(self) -> int:
        """Number of unchained entries, which arrived before the hub had their status."""
        return sum("entry_hash" not in row for row in _entries(self.files))


def _faults_of_files(files: Files, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is missing, added or changed since the manifest was written."""
    named = manifest.get("files")
    if not isinstance(named, dict):
        yield f"{MANIFEST} is missing, or Changecast did not make it"
        return
    digest = hashlib.sha256(files[MANIFEST]).hexdigest()
    if files.get(DIGEST, b"") != f"{digest}\n".encode():
        yield f"{MANIFEST} or {DIGEST} was changed"
    there = files.keys() - {MANIFEST, DIGEST, SIGNATURE}
    yield from (f"{name} is missing" for name in sorted(named.keys() - there))
    yield from (f"{name} was added" for name in sorted(there - named.keys()))
    for name in sorted(there & named.keys()):
        if hashlib.sha256(files[name]).hexdigest() != named[name]:
            yield f"{name} was changed"


def _faults_of_archive(body: bytes, files: Files) -> Iterator[str]:
    """Yield differences outside the files: names, times, order, comments, surrounding bytes."""
    if packed(files) != body:
        yield "the archive was changed outside its files, or repacked"


def _faults_within(files: Files) -> list[str]:
    try:
        return [*_faults_of_content(files)]
    except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError) as error:
        return [f"the files do not have the form of evidence ({type(error).__name__}: {error})"]


def _faults_of_content(files: Files) -> Iterator[str]:
    for name in [name for name in files if name.startswith((HISTORY, ANSWERS, STATUS, ANNOUNCED))]:
        if not _is_rows(value_in(files, name)):
            yield f"{name} is not a list of rows"
    entries: dict[tuple[Any, ...], Rows] = {}
    for entry in _entries(files):
        if "entry_hash" in entry:
            entries.setdefault(_chain_of(entry), []).append(entry)
    for row in _rows(files, STATUS):
        own = entries.pop(_chain_of(row), [])
        for fault in faults_in_chain(row, own):
            yield f"the history of {row['customer']}, revision {row['revision']}: {fault}"
    for code, revision, *_ in entries:
        yield f"the history of {code}, revision {revision}: its status is missing"
    yield from _faults_of_documents(files)


def _chain_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the key of a change's chain; each reminder has its own chain."""
    reminder = row.get("reminder") or {}
    of_reminder = (reminder.get("window_start"), reminder.get("before"))
    return (row["customer"], row["revision"], *of_reminder)


def _faults_of_documents(files: Files) -> Iterator[str]:
    for record in _rows(files, ANNOUNCED):
        name = f"{DOCUMENTS}{record['revision']:06d}.json"
        document = value_in(files, name)
        if document is None or not record["document_hash"]:
            continue
        found = document_hash(document["metadata"], document["customers"])
        if found != record["document_hash"]:
            yield f"{name} is not the document that was announced"


def _entries(files: Files) -> Rows:
    """Return every report and every answer."""
    names = [name for name in files if name.startswith((HISTORY, ANSWERS))]
    return [row for name in names for row in _rows(files, name)]


def _rows(files: Files, name: str) -> Rows:
    """Return the rows of a file; none if it has another form."""
    rows = value_in(files, name)
    return rows if _is_rows(rows) else []


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)
