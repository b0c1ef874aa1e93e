"""changecast contacts export, backup, restore: the list outside of SES, and back in."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from changecast.customer.ledger.preferences import Preference, read_preferences
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.contacts.account import (
    AccountProfile,
    AccountRegion,
    Code,
    PerSecond,
    open_list,
)
from changecast_cli.contacts.backup import (
    account_of,
    backup,
    planned_restore,
    read_backup,
    restore,
    write_backup,
)
from changecast_cli.contacts.own_settings import LABELS, settings_of
from changecast_cli.contacts.owner import COLUMN, owner_of
from changecast_cli.contacts.reading import ledger_of
from changecast_cli.contacts.records import Choice, Contact, defaults_of, every_contact
from changecast_cli.failures import Refused
from changecast_cli.terminal import counted, err, out, print_csv
from changecast_cli.text_files import save_text

EVERYTHING = "unsubscribed_from_all"
File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.")]


def export(
    file: Annotated[Path | None, typer.Argument(help="File to write (default: stdout).")] = None,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Write everybody to a CSV file that `contacts import` reads.

    The file has a column for each topic, for the language and for the time zone. Another column
    names the customer, so that the file is not imported into another customer's list.
    """
    contacts = open_list(customer, profile, region, per_second)
    defaults, ledger = defaults_of(contacts), ledger_of(contacts)
    chosen = read_preferences(ledger) if ledger else {}
    text = export_text(every_contact(contacts), defaults, chosen, owner_of(contacts).mark)
    if file is None:
        print_csv(text)
    else:
        save_text(file, text, mode=0o600)
        err.print(f"{file} written")


def export_text(
    people: Iterable[Contact],
    defaults: Mapping[str, Choice],
    chosen: Mapping[str, Preference] = {},
    origin: str = "",
) -> str:
    """Return people as CSV that `import` reads back as the same choices, in any account.

    `origin` says in each row whose people they are: rows may be sorted, deleted and added.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["email", *defaults, EVERYTHING, *LABELS, COLUMN])
    for each in people:
        cells = [exported(each, topic, defaults[topic]) for topic in defaults]
        own = settings_of(each.address, chosen).values()
        out_of_all = "yes" if each.unsubscribed_from_all else "no"
        writer.writerow([each.address, *cells, out_of_all, *own, origin])
    return text.getvalue()


def exported(person: Contact, topic: str, default: Choice) -> str:
    """Return whether a person gets a topic, in words that `import` reads back as their choice."""
    chosen = person.preferences.get(topic)
    if person.unsubscribed_from_all:
        return {"OPT_IN": "no (chose yes)", "OPT_OUT": "no", None: "no (default)"}[chosen]
    said = "yes" if (chosen or default) == "OPT_IN" else "no"
    return said if chosen else f"{said} (default)"


def back_up(
    file: File,
    attributes: Annotated[
        bool,
        typer.Option(
            "--attributes",
            help="Include each contact's SES attributes, such as the marks of `sync`; takes one "
            "request per person.",
        ),
    ] = False,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Save people, choices, settings, topics and the suppression list in a file."""
    contacts = open_list(customer, profile, region, per_second)
    made = backup(contacts, attributes=attributes)
    write_backup(file, made)
    people = counted(len(made["contacts"]), "person", "people")
    suppressed = counted(len(made["suppressed"]), "suppressed address", "suppressed addresses")
    out.print(f"{people} and {suppressed} in {file}", markup=False)


def bring_back(
    file: File,
    moved: Annotated[
        bool,
        typer.Option("--from-another-account", help="Accept a backup of another account."),
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Restore a backup. Nobody who is on the list is subscribed to more than before.

    First shows what it would do and in which account, then asks for confirmation.
    """
    contacts = open_list(customer, profile, region, per_second)
    made, here = read_backup(file), account_of(contacts)
    if made["account"] != here and not moved:
        raise Refused(
            f"{file} has the people of account {made['account']}, but this is account {here}. One "
            "customer's people must not be added to another customer's list. If the customer "
            "moved to this account, add --from-another-account"
        )
    plan = planned_restore(contacts, made)
    name = customer or here
    about = f"Restore the backup of {made['made_at']} to the list {contacts.name} of {name}:"
    if not go_on([about, *plan.lines()], yes=yes, dry_run=dry_run, type_in=name):
        return
    done = restore(contacts, plan)
    out.print(
        f"{counted(done.added, 'person', 'people')} added, {done.changed} changed, {done.kept} "
        f"unchanged, {counted(done.suppressed, 'address', 'addresses')} suppressed"
    )
