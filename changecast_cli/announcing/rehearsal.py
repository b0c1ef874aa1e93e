"""Rehearsals: what every file would do, before the first of them is announced."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Announcement, old_file, placed_document
from changecast.hub.announcing.announce import announce as announce_document
from changecast.hub.announcing.metadata import MetadataFault
from changecast.hub.registry import Customer
from changecast.hub.tracking.revisions import Record
from changecast_cli.announcing.documents import DocumentFile
from changecast_cli.failures import BAD_INPUT, Refused, place, say_faults


def refuse_faulty(
    documents: list[DocumentFile], customers: Mapping[str, Customer], *, change_id: str | None
) -> None:
    """Print every fault of every document, and exit with status 2 if there is one."""
    faulty = False
    for document in documents:
        try:
            placed_document(document.body, customers, change_id=change_id)
        except MetadataFault as fault:
            say_faults(fault, document.path)
            faulty = True
    if faulty:
        raise typer.Exit(BAD_INPUT)


def rehearsed(document: DocumentFile, options: dict[str, Any]) -> Announcement:
    """Return what a document would do; print its faults and exit with status 2 if it has any."""
    try:
        return announce_document(document.body, dry_run=True, **options)
    except MetadataFault as fault:
        say_faults(fault, document.path)
        raise typer.Exit(BAD_INPUT) from fault
    except ContractError as error:
        raise Refused(f"{document.path}: {place(error.path or '')}: {error.message}") from error


def rehearsals(documents: Sequence[DocumentFile], options: dict[str, Any]) -> list[Announcement]:
    """Return what the documents would do, one after the other; refuses the first with a fault."""
    before: list[Record] = []
    return [rehearsed(each, {**options, "rehearsal": before}) for each in documents]


def rehearsed_despite_objections(
    documents: Sequence[DocumentFile], options: dict[str, Any]
) -> tuple[list[Announcement], dict[Path, str]]:
    """Return what the documents would do, and why an announcement would be refused, by file."""
    known = rehearsals(documents, {**options, "objections": None})
    before: list[Record] = []
    refusals: dict[Path, str] = {}
    for document in documents:
        try:
            rehearsed(document, {**options, "rehearsal": before})
        except Refused as refused:
            refusals[document.path] = f"It would be refused: {refused}"
    return known, refusals


def old_files(
    documents: Sequence[DocumentFile], announced: Sequence[Announcement]
) -> dict[DocumentFile, Announcement]:
    """Return the files of which a newer revision was announced that is not among these files."""
    files = {(one.change_id, one.revision) for one in announced}
    return {
        document: one
        for document, one in zip(documents, announced, strict=True)
        if one.newer and (one.change_id, one.newer) not in files
    }


def refuse_old_files(documents: Sequence[DocumentFile], rehearsals: Sequence[Announcement]) -> None:
    """Raise Refused if a file is old, before any file is announced."""
    old = old_files(documents, rehearsals)
    if not old:
        return
    others = [] if len(documents) == 1 else [f"None of the {len(documents)} files was announced"]
    raise Refused(
        *(
            f"{document.path}: {one.change_id} revision {one.revision} was announced earlier to "
            f"{', '.join(one.customers) or 'nobody'}, and {old_file(one.newer)}"
            for document, one in old.items()
        ),
        *others,
    )
