"""changecast forget: delete a person's data in an account; counts stay."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError

from changecast.customer.ledger.answers import revoke
from changecast.customer.ledger.erasure import FoundAddress, erase_address, find_address
from changecast.customer.ledger.table import open_ledger
from changecast.customer.planning.recipients import normalise
from changecast.customer.planning.shared_reading import PREFIX
from changecast.customer.responding.keyring import Keyring
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
from changecast_cli.contacts.addresses import mailbox_of
from changecast_cli.contacts.backup import account_of
from changecast_cli.contacts.personal_links import keyring_in
from changecast_cli.contacts.records import every_contact
from changecast_cli.contacts.suppression_list import release, suppressed
from changecast_cli.failures import FAILED, Failed, Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import counted, err, out, print_json

Too = Annotated[
    bool,
    typer.Option(
        "--suppression-too",
        help="Also remove the address from the suppression list; it can then be mailed again.",
    ),
]


@dataclass(frozen=True)
class Person:
    """A person's data in an account: spellings on the contact list, and items of the ledger."""

    address: str
    contacts: tuple[str, ...]
    suppressed: tuple[str, ...]
    ledger: FoundAddress


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
    """Delete a person's contact, and their address in the ledger. States and counts stay.

    With Responses=yes, also revokes the person's links, including the one of their calendar. Needs
    the policies `operate-contacts` and `operate-forget` in the customer's account, and with
    Responses=yes also `operate-links`. Safe to repeat. Exits with 1 if a mail to the person may
    still be sent: run it again later.
    """
    if "@" not in address.strip():
        raise Refused(f"{address!r} is not a mail address")
    contacts = open_list(customer, profile, region, FEW)
    outputs = outputs_of(contacts.session)
    table = outputs.get("LedgerTable")
    if table is None:
        raise Refused(
            "the account has no ledger (its stack has no output LedgerTable): deploy "
            "the stack first"
        )
    keyring = keyring_in(contacts.session, outputs)
    person = look(contacts, table, address)
    plan = said(contacts, person, suppression_too=suppression_too, has_links=keyring is not None)
    is_confirmed = go_on(plan, yes=yes, dry_run=dry_run)
    emptied = 0
    if is_confirmed:
        emptied = remove(
            contacts, table, person, time.time(), suppression_too=suppression_too, keyring=keyring
        )
    left = len(person.ledger.done) + len(person.ledger.unfinished) - emptied
    if as_json:
        print_json(_plain(person, suppression_too=suppression_too, done=is_confirmed, left=left))
    elif is_confirmed:
        out.print(
            f"Forgotten: {counted(len(person.contacts), 'contact')}, "
            f"{counted(emptied, 'ledger item')}"
        )
    if is_confirmed and left:
        runs = ", ".join(person.ledger.runs) or "that changed in the meantime"
        raise Failed(
            f"{counted(left, 'ledger item')} not emptied yet, because a mail may still be sent "
            f"(runs {runs}). Run the same command again when these runs have ended"
        )
    if not is_confirmed and not dry_run:
        raise typer.Exit(FAILED)


def look(contacts: OpenList, table: str, address: str) -> Person:
    """Find the person in any spelling; reads the whole ledger."""
    key = mailbox_of(address)
    here = tuple(each.address for each in every_contact(contacts) if each.key == key)
    spellings = frozenset({key, *map(normalise, (address, *here))})
    with _reading() as page_read:
        ledger = find_address(open_ledger(contacts.session, table), spellings, page_read)
    stopped = [one["address"] for one in suppressed(contacts)]
    suppression = tuple(one for one in stopped if mailbox_of(one) == key)
    return Person(key, here, suppression, ledger)


@contextmanager
def _reading() -> Iterator[Callable[[int], None]]:
    """Show how much of the ledger has been read."""
    read = 0
    with err.status("Reading the ledger") as status:

        def page_read(items: int) -> None:
            nonlocal read
            read += items
            status.update(f"Reading the ledger: {read:,} items")

        yield page_read
    err.print(f"[dim]{read:,} ledger items read[/]")


def said(
    contacts: OpenList, person: Person, *, suppression_too: bool, has_links: bool = False
) -> list[str]:
    """Return what will be done, in sentences; `has_links` says that people may answer."""
    ledger = person.ledger
    stays = "removed" if suppression_too else "stays, so that nobody mails them again by mistake"
    return [
        f"Forget {person.address} in account {account_of(contacts)}:",
        f"contact list {contacts.name}: {counted(len(person.contacts), 'contact')} removed, with "
        "all choices",
        "mails bucket: the copy of the list that planners keep for a few minutes is deleted",
        (f"ledger: the address is removed from {counted(len(ledger.done), 'item')}; states and "
"counts stay"),
        *([(f"ledger: {counted(len(ledger.unfinished), 'item')} left for now, because a mail "
"may still be sent")]
          if ledger.unfinished else []),
        *(["links: the person's links and the address of their calendar stop working"]
          if has_links else []),
        f"suppression list: {stays if person.suppressed else 'not on it'}",
    ]  # fmt: skip


def remove(
    contacts: OpenList,
    table: str,
    person: Person,
    now: float,
    *,
    suppression_too: bool,
    keyring: Keyring | None = None,
) -> int:
    """Forget the person; return how many ledger items lost their address.

    The contact goes first: from then on no new run names the person. The address of a calendar
    needs no item of the ledger, so links are revoked, under a pseudonym from the `keyring`.
    """
    for spelling in person.contacts:
        _delete_contact(contacts, spelling)
    _delete_readings(contacts)
    ledger = open_ledger(contacts.session, table)
    for owner in _owners(person, keyring) if keyring else ():
        revoke(ledger, owner, now)
    emptied = [erase_address(ledger, item) for item in person.ledger.done]
    for spelling in person.suppressed if suppression_too else ():
        release(contacts, spelling)
    return sum(emptied)


def _owners(person: Person, keyring: Keyring) -> set[str]:
    """Return the pseudonyms of the links to a person's addresses, one for most people."""
    return {keyring.person(normalise(each)) for each in (person.address, *person.contacts)}


def _delete_readings(contacts: OpenList) -> None:
    """Delete the planners' reading of the list; they read it again."""
    if not contacts.bucket:
        return
    s3 = contacts.session.client("s3")
    kept = s3.get_paginator("list_objects_v2").paginate(Bucket=contacts.bucket, Prefix=PREFIX)
    for page in kept:
        for one in page.get("Contents", ()):
            s3.delete_object(Bucket=contacts.bucket, Key=one["Key"])


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
