"""changecast held: mails of which nobody knows whether SES has them; a person decides."""

import time
from typing import Annotated

import typer

from changecast import held as decisions
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.deploying.customer_access import (
    CustomerCode,
    CustomerProfile,
    ExternalId,
    Keys,
    enter,
)
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_json
from changecast_cli.watching.recipients import Revision, masked, run_in


def held(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    customer: CustomerCode,
    revision: Revision = None,
    release: Annotated[
        bool, typer.Option("--release", help="Send once more, at the risk of a second mail.")
    ] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Give up; they count as failed.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
    customer_profile: CustomerProfile = None,
    external_id: ExternalId = None,
) -> None:
    """Show who is held, and with --release or --drop decide about them.

    Held is whoever's call to SES ended without an answer, and of whom SES never spoke again.
    """
    if release and drop:
        raise Refused("--release and --drop exclude each other: choose one")
    account = enter(session(profile, region), customer, Keys(customer_profile, external_id))
    ledger = account.ledger()
    run = run_in(account, ledger, change_id, revision)
    waiting = decisions.held(ledger, run)
    settled = 0
    who = f"{len(waiting)} held recipients of {change_id} revision {run.revision} at {customer}"
    if waiting and (release or drop):
        plan = (
            [f"{who} are sent to once more; who has the mail already gets it twice"]
            if release
            else [f"{who} are given up and count as failed"]
        )
        if go_on(plan, yes=yes, dry_run=dry_run):
            settle = decisions.release_held if release else decisions.drop_held
            settled = settle(ledger, run, time.time())
    if as_json:
        held_ = [{"key": each.key, "address": masked(each.address)} for each in waiting]
        print_json({"change_id": change_id, "revision": run.revision, "customer": customer,
                    "held": held_, "settled": settled})  # fmt: skip
        return
    _tell(who, [masked(each.address) for each in waiting], settled, release=release)


def _tell(who: str, addresses: list[str], settled: int, *, release: bool) -> None:
    if settled:
        what = "go out within a minute or two" if release else "are given up"
        out.print(f"Done: {settled} {what}.")
    elif addresses:
        out.print(f"{who}: {', '.join(addresses)}", markup=False, soft_wrap=True)
        out.print("[dim]Next: --release sends once more, --drop gives up.[/]")
    else:
        out.print("Nobody is held.")
