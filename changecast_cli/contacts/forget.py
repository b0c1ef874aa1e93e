"""changecast forget: remove a person from an account; what was counted stays counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError

from changecast.recipients import normalise
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.contacts.account import (
    FEW,
    AccountProfile,
    AccountRegion,
    Code,
    OpenList,
    open_list,
    outputs_of,
)
from changecast_cli.contacts.backup import account_of
from changecast_cli.contacts.ledger_addresses import Found, empty_address, find_address
from changecast_cli.contacts.records import every_contact
from changecast_cli.contacts.suppression import release, suppressed
from changecast_cli.failures import FAILED, Failed, Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import err, out, print_json

Too = Annotated[
    bool,
    typer.Option(
        "--suppression-too",
        help="Off the suppression list too: they may be mailed again if anybody adds them.",
    ),
]


@dataclass(frozen=True)
class Person:
    """Where a person is in an account: spellings on the contact list, and items of the ledger."""

    address: str
    contacts: tuple[str, ...]
    suppressed: tuple[str, ...]
    ledger: Found


def forget(
    address: Annotated[str, typer.Argument(help="The person's mail address.")],
    customer: Code = None,
    suppression_too: Too = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Remove a person: the contact, and the address in the ledger; states and counts stay.

    Reads the whole ledger, as an administrator of the account. Safe to repeat: exit status 1 says
    that a mail to them is still on its way, and that this must be said again afterwards.
    """
    if "@" not in address.strip():
        raise Refused(f"{address!r} is no mail address")
    contacts = open_list(customer, profile, region, FEW)
    table = outputs_of(contacts.session).get("LedgerTable")
    if table is None:
        raise Refused("the account's stack has no output LedgerTable: is it deployed?")
    person = look(contacts, table, address)
    plan = said(contacts, person, suppression_too=suppression_too)
    is_wanted = go_on(plan, yes=yes, dry_run=dry_run)
    emptied = remove(contacts, table, person, suppression_too=suppression_too) if is_wanted else 0
    left = len(person.ledger.done) + len(person.ledger.unfinished) - emptied
    if as_json:
        print_json(_plain(person, suppression_too=suppression_too, done=is_wanted, left=left))
    elif is_wanted:
        out.print(f"Forgotten: {len(person.contacts)} contacts, {emptied} ledger items")
    if is_wanted and left:
        raise Failed(f"{left} ledger items may still be sent to: say the same again when they are "
                     f"over (runs {', '.join(person.ledger.runs) or 'that moved'})")  # fmt: skip
    if not is_wanted and not dry_run:
        raise typer.Exit(FAILED)


def look(contacts: OpenList, table: str, address: str) -> Person:
    """Where the person is, in any spelling; the ledger is read to its end."""
    key = normalise(address)
    with _reading() as page_read:
        ledger = find_address(contacts.session.client("dynamodb"), table, address, page_read)
    here = tuple(each.address for each in every_contact(contacts) if each.key == key)
    stopped = [one["address"] for one in suppressed(contacts)]
    return Person(key, here, tuple(one for one in stopped if normalise(one) == key), ledger)


@contextmanager
def _reading() -> Iterator[Callable[[int], None]]:
    """Shows how far the ledger is read, for it may be long."""
    read = 0
    with err.status("Reading the ledger") as status:

        def page_read(items: int) -> None:
            nonlocal read
            read += items
            status.update(f"Reading the ledger: {read:,} items")

        yield page_read
    err.print(f"[dim]{read:,} ledger items read[/]")


def said(contacts: OpenList, person: Person, *, suppression_too: bool) -> list[str]:
    """What will be done, for who must agree to it."""
    ledger = person.ledger
    stays = "removed" if suppression_too else "stays, so that nobody mails them again by mistake"
    return [
        f"Forget {person.address} in account {account_of(contacts)}:",
        f"contact list {contacts.name}: {len(person.contacts)} removed, with their choices",
        f"ledger: the address of {len(ledger.done)} items emptied; states and counts stay",
        *([f"ledger: {len(ledger.unfinished)} items may still be sent to, and stay for now"]
          if ledger.unfinished else []),
        f"suppression list: {stays if person.suppressed else 'not on it'}",
    ]  # fmt: skip


def remove(contacts: OpenList, table: str, person: Person, *, suppression_too: bool) -> int:
    """Do it; comes back: how many items of the ledger have no address any more.

    The contact goes first: from then on no new run names the person.
    """
    for spelling in person.contacts:
        _delete_contact(contacts, spelling)
    client = contacts.session.client("dynamodb")
    emptied = [empty_address(client, table, person.address, item) for item in person.ledger.done]
    for spelling in person.suppressed if suppression_too else ():
        release(contacts, spelling)
    return sum(emptied)


def _delete_contact(contacts: OpenList, address: str) -> None:
    try:
        contacts.pace(
            contacts.ses.delete_contact, ContactListName=contacts.name, EmailAddress=address
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise


def _plain(person: Person, *, suppression_too: bool, done: bool, left: int) -> dict[str, Any]:
    return {
        "address": person.address,
        "done": done,
        "contacts": len(person.contacts),
        "ledger_items": len(person.ledger.done) + len(person.ledger.unfinished),
        "ledger_items_left": left,
        "unfinished_runs": person.ledger.runs,
        "suppressed": bool(person.suppressed),
        "suppression_removed": done and suppression_too and bool(person.suppressed),
    }
