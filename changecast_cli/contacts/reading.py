"""changecast contacts set: the language and time zone of one person's mails."""

import time
from typing import Annotated

import typer
from rich.markup import escape

from changecast.customer.ledger.preferences import Preference, choose, read_preference
from changecast.customer.ledger.table import Ledger, open_ledger
from changecast.customer.planning.recipients import normalise
from changecast_cli.contacts.account import (
    FEW,
    AccountProfile,
    AccountRegion,
    Code,
    OpenList,
    open_list,
    outputs_of,
)
from changecast_cli.contacts.addresses import read_address
from changecast_cli.contacts.own_settings import settings
from changecast_cli.failures import Failed, Refused
from changecast_cli.terminal import out


def set_reading(
    address: Annotated[str, typer.Argument(help="The person's mail address.")],
    language: Annotated[
        str | None,
        typer.Option(help="The language of the person's mails, or `default` for the customer's."),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            help="The IANA time zone of the person's mails, or `default` for the customer's."
        ),
    ] = None,
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Set the language and the time zone of the mails that a person gets.

    Applies to announcements from now on. `contacts show` shows the current setting.
    """
    if not language and not timezone:
        raise Refused("nothing to set: add --language or --timezone")
    chosen = settings(language, timezone)
    read = read_address(address)
    if read.fault:
        raise Refused(f"{read.text!r} {read.fault}")
    contacts = open_list(customer, profile, region, FEW)
    ledger = ledger_of(contacts)
    if ledger is None:
        raise Refused(
            "the account has no ledger to keep settings in (its stack has no output "
            "LedgerTable): deploy the stack first"
        )
    before = read_preference(ledger, normalise(read.text))
    if not choose(ledger, before.choosing(time.time(), **chosen)):
        raise Failed("the person's settings were changed just now: run the same command again")
    out.print(f"{escape(read.text)}: {said(before.choosing(0.0, **chosen))}")


def ledger_of(contacts: OpenList) -> Ledger | None:
    """Return the ledger of the account's stack; None if there is no stack."""
    table = outputs_of(contacts.session).get("LedgerTable")
    return open_ledger(contacts.session, table) if table else None


def said(preference: Preference) -> str:
    """Return a person's settings in words."""
    own = "the customer's own"
    return f"language {preference.language or own}, time zone {preference.timezone or own}"
