"""changecast contacts export, backup, restore: the list outside of SES, and back in."""

import csv
import io
from pathlib import Path
from typing import Annotated

import typer

from changecast_cli.contacts.account import (
    AccountProfile,
    AccountRegion,
    Code,
    PerSecond,
    open_list,
)
from changecast_cli.contacts.backup import account_of, backup, read_backup, restore, write_backup
from changecast_cli.contacts.records import defaults_of, every_contact
from changecast_cli.failures import Refused
from changecast_cli.terminal import err, out, print_csv
from changecast_cli.text_files import save_text

File = Annotated[Path, typer.Argument(metavar="FILE")]


def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; stdout if left out.")] = None,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Everybody as CSV, a column a topic; `contacts import` reads it."""
    contacts = open_list(customer, profile, region, per_second)
    defaults = defaults_of(contacts)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["email", *defaults])
    for each in every_contact(contacts):
        writer.writerow(
            [each.address, *("yes" if each.hears(t, defaults) else "no" for t in defaults)]
        )
    if file is None:
        print_csv(text.getvalue())
    else:
        save_text(file, text.getvalue(), mode=0o600)
        err.print(f"{file} written")


def back_up(
    file: File,
    attributes: Annotated[
        bool, typer.Option("--attributes", help="Their attributes too: a request a person.")
    ] = False,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """The whole list into a file: people, their choices, topics, suppression."""
    contacts = open_list(customer, profile, region, per_second)
    made = backup(contacts, attributes=attributes)
    write_backup(file, made)
    out.print(f"{len(made['contacts'])} people and {len(made['suppressed'])} suppressed addresses "
              f"in {file}")  # fmt: skip


def bring_back(
    file: File,
    moved: Annotated[
        bool, typer.Option("--from-another-account", help="The backup is another account's list.")
    ] = False,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Bring a backup back; nobody who is there hears of more than before."""
    contacts = open_list(customer, profile, region, per_second)
    made, here = read_backup(file), account_of(contacts)
    if made["account"] != here and not moved:
        raise Refused(
            f"{file} has the people of account {made['account']}, this is {here}: one customer's "
            "people must not come onto another's list (--from-another-account if they moved)"
        )
    done = restore(contacts, made)
    out.print(
        f"{done.written} people written, {done.left} were as they should be, "
        f"{done.suppressed} addresses suppressed"
    )
