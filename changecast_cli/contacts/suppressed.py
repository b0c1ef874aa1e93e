"""changecast contacts suppression list, add, remove: who gets no mail whatever they chose."""

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
from changecast_cli.contacts.suppression import release, suppress, suppressed
from changecast_cli.customers.input import address_faults
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import out, print_json


def list_suppressed(
    customer: Code = None,
    per_second: PerSecond = 1.0,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Every suppressed address, and why."""
    found = suppressed(open_list(customer, profile, region, per_second))
    if as_json:
        print_json(found)
        return
    for each in found:
        out.print(f"{each['address']}  {each['reason']}", markup=False)
    out.print(f"{len(found)} addresses")


def add_suppressed(
    address: Annotated[str, typer.Argument()],
    reason: Annotated[str, typer.Option(help="BOUNCE or COMPLAINT.")] = "COMPLAINT",
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Let an address get no mail from this account."""
    faults = list(address_faults(address))
    if faults or reason not in ("BOUNCE", "COMPLAINT"):
        raise Refused(faults[0] if faults else "--reason is BOUNCE or COMPLAINT")
    contacts = open_list(customer, profile, region, FEW)
    suppress(contacts, [{"address": address, "reason": reason}])
    out.print(f"{address} suppressed", markup=False)


def remove_suppressed(
    address: Annotated[str, typer.Argument()],
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Let an address get mail again; a new bounce or complaint brings it back."""
    release(open_list(customer, profile, region, FEW), address)
    out.print(f"{address} is not suppressed any more", markup=False)
