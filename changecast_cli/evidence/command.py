"""changecast evidence: export what happened to a change, and verify such a file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from typer.core import TyperGroup

from changecast.hub.announcing.announce import STATUS_TABLE
from changecast_cli.evidence import archive
from changecast_cli.evidence.export import Evidence, Scope, export
from changecast_cli.evidence.signing import is_signed, key_of
from changecast_cli.evidence.verifying import Checked
from changecast_cli.failures import FAILED, Refused, say, warn
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import counted, out, print_json, working

UNSIGNED = (
    "The file is not signed: nothing in it has changed since it was made, but "
    "anybody could have made it."
)


class _Evidence(TyperGroup):
    """`evidence CHANGE_ID` is `evidence export CHANGE_ID`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_option = args[:1] and args[0].startswith("-") and args[0] not in ("-h", "--help")
        return super().parse_args(ctx, ["export", *args] if is_option else args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        is_verb = args[0] in self.commands
        return super().resolve_command(ctx, args if is_verb else ["export", *args])


app = typer.Typer(
    cls=_Evidence, no_args_is_help=True,
    help="Export the record of a change as one file, and verify exported files.",
)  # fmt: skip
Archive = Annotated[Path, typer.Argument(help="The evidence file.", metavar="FILE")]


@app.command("export")
def export_(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    to: Annotated[
        Path, typer.Option("--out", help="The file to write; an existing one is never overwritten.")
    ],
    show_addresses: Annotated[
        bool, typer.Option("--show-addresses", help="Include whole addresses (personal data).")
    ] = False,
    hub_only: Annotated[
        bool,
        typer.Option(
            "--hub-only",
            help="Read only the hub; the file then has no hashes and no outcomes of single mails.",
        ),
    ] = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Write one verifiable file with everything that is known about a change.

    The hashes and outcomes of single mails are read from the customers' accounts. Those of an
    account that you cannot access are left out, with a warning.
    """
    if to.exists():
        raise Refused(f"{to} already exists: evidence is never overwritten")
    own = session(profile, region)
    table = own.resource("dynamodb").Table(STATUS_TABLE)
    scope = Scope(change_id, mails=not hub_only, addresses=show_addresses)
    with working(f"Collecting the evidence of {change_id}"):
        found = export(own, table, scope, datetime.now(UTC))
    archive.write(to, found.body)
    if as_json:
        print_json({"file": str(to), "files": found.files, "signed_by": found.key or None,
                    "left_out": found.left_out})  # fmt: skip
    else:
        _say_exported(to, found)


@app.command()
def verify(
    file: Archive,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not verify the signature, which needs KMS.")
    ] = False,
    key: Annotated[
        str | None,
        typer.Option(
            help="The ARN of the key that must have signed the file (default: the hub's)."
        ),
    ] = None,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Check an evidence file: every byte, every history entry, and the signature.

    Exits with 1 if anything was changed, is missing or was added, or the signature is wrong.
    """
    checked = Checked(file.read_bytes())
    faults = [*checked.faults]
    signed, note = "", UNSIGNED
    if key and archive.SIGNATURE not in checked.files:
        faults.append(f"the file is not signed, so it cannot be from {key}")
    if archive.SIGNATURE in checked.files:
        note = "Its signature was not checked."
        if not offline:
            signed, faults = _signed(session(profile, region), key, checked)
            note = f"Signed by {signed}."
    if as_json:
        print_json(_as_json(checked, faults, signed))
    else:
        _say_checked(file, checked, faults, note)
    if faults:
        raise typer.Exit(FAILED)


def _signed(own: boto3.Session, key: str | None, checked: Checked) -> tuple[str, list[str]]:
    """Return the signing key, and every fault."""
    expected = key or key_of(own)
    if not expected:
        raise Refused("the hub has no evidence key: add --key with the key that signed the file, "
"or skip the signature check with --offline")  # fmt: skip
    signature = archive.value_in(checked.files, archive.SIGNATURE)
    manifest = checked.files.get(archive.MANIFEST, b"")
    if is_signed(own, expected, manifest, signature):
        return expected, checked.faults
    return "", [
        *checked.faults,
        f"the signature was not made with {expected}, or not for this file",
    ]


def _say_exported(to: Path, found: Evidence) -> None:
    for name, why in found.left_out.items():
        warn(f"not included: {name}: {why}")
    signed = f"signed by {found.key}" if found.key else "not signed: the hub has no EvidenceKeyId"
    out.print(f"{to}: {counted(found.files, 'file')}, {signed}", markup=False)
    out.print(f"Check it with: changecast evidence verify {to}", markup=False)


def _as_json(checked: Checked, faults: list[str], signed: str) -> dict[str, Any]:
    about = {name: checked.manifest.get(name) for name in ("change_id", "exported_at",
                                                           "exported_by", "left_out")}  # fmt: skip
    return {
        **about,
        "files": len(checked.files),
        "chained": checked.entries,
        "not_chained": checked.loose,
        "signed_by": signed or None,
        "faults": faults,
    }


def _say_checked(file: Path, checked: Checked, faults: list[str], note: str) -> None:
    for fault in faults:
        say(f"{file}: {fault}")
    if faults:
        what = (
            "was changed after it was exported, or Changecast did not make it"
            if checked.faults
            else "is complete and unchanged, but nothing proves who made it"
        )
        out.print(f"{file} {what}", markup=False)
        return
    about = checked.manifest
    entries = counted(checked.entries, "entry", "entries")
    out.print(
        f"{file}: {about.get('change_id')}, exported {about.get('exported_at')} by "
        f"{about.get('exported_by')}, unchanged since then, {entries} in the chain",
        markup=False,
    )  # fmt: skip
    if checked.loose:
        warn(
            f"{counted(checked.loose, 'answer')} not in the chain: received before the announcement"
        )
    out.print(note, markup=False)
