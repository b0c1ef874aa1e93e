"""changecast validate: every fault of every file, without AWS."""

from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from changecast.metadata import Document, Fault, MetadataFault, read_document
from changecast_cli.announcing.documents import read_file
from changecast_cli.failures import BAD_INPUT, Refused
from changecast_cli.options import AsJson, Files
from changecast_cli.terminal import out, print_json


def validate(files: Files, as_json: AsJson = False) -> None:
    """Check change documents: every fault with its JSON path. Needs no AWS.

    Whether the named customers are registered, only `announce --dry-run` can tell.
    """
    checked = [(file, _checked(file)) for file in files]
    if as_json:
        print_json({"files": [_plain(file, found) for file, found in checked]})
    else:
        for file, found in checked:
            _show(file, found)
    if any(isinstance(found, MetadataFault) for _, found in checked):
        raise typer.Exit(BAD_INPUT)


def _checked(file: Path) -> Document | MetadataFault:
    try:
        return read_document(read_file(file).body)
    except MetadataFault as faults:
        return faults
    except Refused as error:
        return MetadataFault([Fault("$", str(error))])


def _plain(file: Path, found: Document | MetadataFault) -> dict[str, Any]:
    if isinstance(found, MetadataFault):
        return {
            "file": str(file),
            "valid": False,
            "faults": [fault._asdict() for fault in found.faults],
        }
    return {
        "file": str(file),
        "valid": True,
        "faults": [],
        "warnings": list(found.warnings),
        "shape": found.shape,
        "customers": list(found.customers),
        "customer_names": list(found.names),
        "change": found.change.model_dump(mode="json", exclude_none=True),
    }


def _show(file: Path, found: Document | MetadataFault) -> None:
    name = escape(str(file))
    if isinstance(found, MetadataFault):
        many = "1 fault" if len(found.faults) == 1 else f"{len(found.faults)} faults"
        out.print(f"[bold red]✗[/] {name}: {many}", soft_wrap=True)
        for fault in found.faults:
            out.print(f"  [bold]{escape(fault.path)}[/] {escape(fault.message)}", soft_wrap=True)
        return
    change = found.change
    who = escape(", ".join([*found.customers, *(repr(each) for each in found.names)]))
    out.print(
        f"[green]✓[/] {name}: {escape(change.change_id)}, {change.status.value}, for {who} "
        f"[dim]({found.shape} shape)[/]",
        soft_wrap=True,
    )
    for warning in found.warnings:
        out.print(f"  [yellow]warning[/] {escape(warning)}", soft_wrap=True)
