"""changecast validate: find every fault of every file, without AWS."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from changecast.contract.change import Change, Kind
from changecast.customer.compose.impact import Basis, read_impact
from changecast.customer.compose.text.fields import as_text, forms_of
from changecast.hub.announcing.metadata import (
    Document,
    Fault,
    MetadataFault,
    read_document,
    unseen_details,
)
from changecast.hub.announcing.windows import doubts
from changecast.hub.name_suggestions import did_you_mean
from changecast_cli.announcing.documents import read_file
from changecast_cli.deploying import samconfig_file
from changecast_cli.failures import BAD_INPUT, Refused, place, warn
from changecast_cli.options import AsJson, Files
from changecast_cli.terminal import out, print_json

_IMPACT = {
    Basis.STATED: "{}",
    Basis.SURE_WORDS: "{}, according to the document's text",
    Basis.UNCLEAR_WORDS: "people read the document's text; programs get {}. To be precise, set "
    "impact_level",
    Basis.UNSTATED: "not stated; programs get {}: set impact_level, or describe the impact",
}


_SAMCONFIG = Path("samconfig.toml")
_NOT_LOOKED_UP = (
    "Customers were not looked up. To check that the hub knows them: changecast announce FILE "
    "--dry-run"
)


def validate(files: Files, as_json: AsJson = False) -> None:
    """Check change documents, and list every fault with its JSON path. Needs no AWS.

    Compares the customers with those in samconfig.toml, if this folder has one. Only
    `announce --dry-run` checks whether the hub knows them.
    """
    known = _known()
    checked = [(file, _checked(file)) for file in files]
    if as_json:
        where = str(_SAMCONFIG) if known else None
        plain = [_plain(file, found, known) for file, found in checked]
        print_json({"files": plain, "customers_looked_up_in": where})
    else:
        for file, found in checked:
            _show(file, found, known)
        if not known and not all(isinstance(found, MetadataFault) for _, found in checked):
            out.print(f"[dim]{_NOT_LOOKED_UP}[/]")
    if any(isinstance(found, MetadataFault) for _, found in checked):
        raise typer.Exit(BAD_INPUT)


def _known() -> Collection[str]:
    """Return the customers of this folder's samconfig.toml; none if it cannot be read."""
    try:
        return samconfig_file.customers_in(samconfig_file.read(_SAMCONFIG))
    except Refused as error:
        warn(f"customers were not looked up: {error}")
        return ()


def _checked(file: Path) -> Document | MetadataFault:
    try:
        return read_document(read_file(file).body)
    except MetadataFault as faults:
        return faults
    except Refused as error:
        return MetadataFault([Fault("$", str(error))])


def _plain(file: Path, found: Document | MetadataFault, known: Collection[str]) -> dict[str, Any]:
    if isinstance(found, MetadataFault):
        return {
            "file": str(file),
            "valid": False,
            "faults": [fault._asdict() for fault in found.faults],
        }
    impact = read_impact(as_text(found.change))
    return {
        "file": str(file),
        "valid": True,
        "faults": [],
        "warnings": _warnings(found, known),
        "unused": list(found.unused),
        "shape": found.shape,
        "read_as": {field: form.value for field, form in forms_of(found.change).items()},
        "impact": {"level": impact.level.value, "basis": impact.basis.value},
        "customers": list(found.customers),
        "customer_names": list(found.names),
        "change": found.change.model_dump(mode="json", exclude_none=True),
    }


def _warnings(found: Document, known: Collection[str]) -> list[str]:
    hardly = [
        f"{doubt}: announce refuses it without --past REASON"
        for doubt in doubts(found.change, datetime.now(UTC))
    ]
    unseen = [] if found.names else unseen_details(found)
    unknown = _unknown(found, known) if known else []
    return [*found.warnings, *unknown, *unseen, *contradictions(found.change), *hardly]


def _unknown(found: Document, known: Collection[str]) -> list[str]:
    """Return a warning for each code that this folder's samconfig.toml does not have."""
    unknown = [code for code in found.customers if code not in known]
    return [
        f"{found.path_of(code)}: {_SAMCONFIG} has no customer {code!r}{hint}"
        for code, hint in zip(unknown, did_you_mean(unknown, known), strict=True)
    ]


def contradictions(change: Change) -> list[str]:
    """Yield a warning if a change's stated level and its words certainly contradict each other."""
    words = read_impact(as_text(change).model_copy(update={"impact_level": None}))
    level = change.impact_level
    if level is None or level is words.level or not words.is_sure:
        return []
    return [f"impact_level is {level.value}, but the document's text says {words.level.value}"]


def _show(file: Path, found: Document | MetadataFault, known: Collection[str]) -> None:
    name = escape(str(file))
    if isinstance(found, MetadataFault):
        many = "1 fault" if len(found.faults) == 1 else f"{len(found.faults)} faults"
        out.print(f"[bold red]✗[/] {name}: {many}")
        for fault in found.faults:
            message = fault.message.removeprefix(f"{file} ")
            out.print(f"  [bold]{escape(place(fault.path))}[/] {escape(message)}")
        return
    change = found.change
    who = escape(", ".join([*found.customers, *(repr(each) for each in found.names)]))
    out.print(
        f"[green]✓[/] {name}: {escape(change.change_id)}, {change.status.value}, for {who} "
        f"[dim]({found.shape} shape)[/]",
    )
    _show_readings(change)
    for warning in _warnings(found, known):
        out.print(f"  [yellow]warning[/] {escape(warning)}")
    if found.unused:
        out.print(f"  [dim]not used: {escape(', '.join(found.unused))}[/]")


def _show_readings(change: Change) -> None:
    """Show how the impact and each text with markup will be read."""
    if change.kind is Kind.CHANGE:
        impact = read_impact(as_text(change))
        level = impact.level.value.replace("_", " ")
        out.print(f"  impact: {_IMPACT[impact.basis].format(level)}")
    for field, form in forms_of(change).items():
        out.print(f"  {field} is read as {form}")
