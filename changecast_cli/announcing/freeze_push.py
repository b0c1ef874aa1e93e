"""changecast freeze push: store files of freezes at the hub, for the intake."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from changecast.hub.announcing.announce import connect
from changecast.hub.tracking.freezes import keep_freezes
from changecast_cli.announcing.freezes import DEFAULT_FOLDER, plain
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_json


def push(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder with the customers' freezes, one calendar file (CODE.ics) per customer "
            "(default: freezes)."
        ),
    ] = DEFAULT_FOLDER,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Store a folder of freezes in the hub, so that they also apply to files in the intake bucket.

    Replaces the files that were pushed before, for all customers. Freezes that customers declared
    themselves stay. Recurring freezes are stored only for the next two years, so run this at least
    once a year.
    """
    if not folder.is_dir():
        raise Refused(f"{folder} is not a folder; give the folder that contains the CODE.ics files")
    hub, now = connect(session(profile, region)), datetime.now(UTC)
    found = plain(folder, now)
    if unknown := sorted(set(found) - set(hub.customers)):
        raise Refused(f"no customer is registered as {', '.join(unknown)}; rename those files")
    said = ", ".join(f"{code} ({len(one.times)})" for code, one in found.items()) or "nobody"
    going = go_on([f"The hub will store the freezes of: {said}"], yes=yes, dry_run=dry_run)
    if going:
        keep_freezes(hub.table, found, hub.caller, now)
    if as_json:
        print_json({"freezes": {code: asdict(one) for code, one in found.items()}, "kept": going})
    elif going:
        out.print("Stored.")
