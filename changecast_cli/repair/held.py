"""changecast held: mails that SES may or may not have sent; a person decides."""

import time
from collections.abc import Sequence
from typing import Annotated

import boto3
import typer

from changecast.customer.ledger import held as decisions
from changecast.customer.ledger.schema import Recipient, Run
from changecast.hub.tracking.operator_actions import Action
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.customer_access import (
    CustomerAccount,
    CustomerCode,
    CustomerProfile,
    ExternalId,
    Keys,
    enter,
)
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.repair.named import named, run_of_change
from changecast_cli.repair.noting import note
from changecast_cli.repair.report_soon import report_soon
from changecast_cli.terminal import counted, out, print_json
from changecast_cli.watching.recipients import Reminder, Revision, masked


def held(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    customer: CustomerCode,
    revision: Revision = None,
    reminder: Reminder = None,
    release: Annotated[
        bool,
        typer.Option("--release", help="Send the mails again. Some people may get one twice."),
    ] = False,
    drop: Annotated[
        bool, typer.Option("--drop", help="Do not send the mails. Count the recipients as failed.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
    customer_profile: CustomerProfile = None,
    external_id: ExternalId = None,
) -> None:
    """Show held recipients, and release or drop them.

    A recipient is held if the call to SES got no answer, and SES has reported nothing about the
    mail, so nobody knows whether it was sent. With UnknownPolicy=hold, this happens after the
    account's UnknownWindowMinutes; with UnknownPolicy=resend, after twice that time, and only if
    SES's events about other mails do not arrive either. Until then, the recipient's state is
    `unknown`.
    """
    if release and drop:
        raise Refused("use either --release or --drop, not both")
    hub = session(profile, region)
    account = enter(hub, customer, Keys(customer_profile, external_id))
    ledger = account.ledger()
    run = run_of_change(hub, account, change_id, revision, reminder)
    waiting = decisions.held(ledger, run)
    settled = 0
    who = who_waits(waiting, run, customer)
    plan = [plan_for(who, release=release)]
    if waiting and (release or drop) and go_on(plan, yes=yes, dry_run=dry_run):
        settled = decide(hub, account, run, release=release)
    if as_json:
        held_ = [{"key": each.key, "address": masked(each.address)} for each in waiting]
        print_json({"change_id": change_id, "revision": run.revision, "customer": customer,
                    "held": held_, "settled": settled})  # fmt: skip
        return
    _tell(who, [masked(each.address) for each in waiting], settled, release=release)


def who_waits(waiting: Sequence[Recipient], run: Run, customer: str) -> str:
    """Return how many recipients of a run are held."""
    held_ = counted(len(waiting), "held recipient")
    return f"{held_} of {named(run, customer)}"


def plan_for(who: str, *, release: bool) -> str:
    """Return what releasing or dropping them will do, in a sentence."""
    if release:
        return f"Mail once more: {who}. People who already have the mail get it twice"
    return f"Do not mail, and count as failed: {who}"


def decide(hub: boto3.Session, account: CustomerAccount, run: Run, *, release: bool) -> int:
    """Release or drop a run's held recipients, note it, and have it reported; return how many."""
    settle = decisions.release_held if release else decisions.drop_held
    settled = settle(account.ledger(), run, time.time())
    done, said = Action.RELEASED if release else Action.DROPPED, counted(settled, "held recipient")
    note(hub, done, account.customer.code, [(run.change_id, run.revision)], said)
    report_soon(account, run.run)
    return settled


def _tell(who: str, addresses: list[str], settled: int, *, release: bool) -> None:
    if settled:
        who = counted(settled, "held recipient")
        done = "released; sending starts within a minute or two" if release else "counted as failed"
        out.print(f"Done: {who} {done}.")
    elif addresses:
        out.print(f"{who}: {', '.join(addresses)}", markup=False)
        out.print(
            "[dim]Next: --release sends the mails again, --drop counts the recipients as failed.[/]"
        )
    else:
        out.print("Nobody is held.")
