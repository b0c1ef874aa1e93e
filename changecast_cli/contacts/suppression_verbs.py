"""changecast contacts suppression list, add, remove: addresses that get no mail."""

from typing import Annotated

import typer

from changecast_cli.contacts.account import (
    FEW,
    AccountProfile,
    AccountRegion,
    Code,
    PerSecond,
    open_list,
)
from changecast_cli.contacts.addresses import mailbox_of, read_address
from changecast_cli.contacts.suppression_list import release, suppress, suppressed
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import counted, out, print_json


def list_suppressed(
    customer: Code = None,
    per_second: PerSecond = 1.0,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """List every suppressed address, with the reason."""
    found = suppressed(open_list(customer, profile, region, per_second))
    if as_json:
        print_json({"suppressed": found})
        return
    for each in found:
        out.print(f"{each['address']}  {each['reason']}", markup=False)
    out.print(counted(len(found), "address", "addresses"))


def add_suppressed(
    address: Annotated[str, typer.Argument(help="A mail address.")],
    reason: Annotated[str, typer.Option(help="BOUNCE or COMPLAINT.")] = "COMPLAINT",
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Suppress an address, so that it gets no mail from this account."""
    read = read_address(address)
    if read.fault:
        raise Refused(f"{read.text!r} {read.fault}")
    if reason not in ("BOUNCE", "COMPLAINT"):
        raise Refused("--reason must be BOUNCE or COMPLAINT")
    contacts = open_list(customer, profile, region, FEW)
    suppress(contacts, [{"address": read.text, "reason": reason}])
    out.print(f"{read.text} suppressed", markup=False)


def remove_suppressed(
    address: Annotated[str, typer.Argument(help="A mail address.")],
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Allow mail to an address again; a new bounce or complaint suppresses it again."""
    contacts = open_list(customer, profile, region, FEW)
    key = mailbox_of(read_address(address).text)
    found = [one["address"] for one in suppressed(contacts) if mailbox_of(one["address"]) == key]
    if not found:
        raise Refused(f"{address} is not on the suppression list")
    for spelling in found:
        release(contacts, spelling)
        out.print(f"{spelling} is no longer suppressed", markup=False)
