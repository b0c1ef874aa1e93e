"""changecast redrive: plan again what a customer's account could not plan."""

from contextlib import ExitStack
from typing import Annotated

import typer

from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.deploying.customer_access import (
    CustomerCode,
    CustomerProfile,
    ExternalId,
    Keys,
    enter,
)
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.repair.dead_letters import of_change, remove, taken
from changecast_cli.terminal import out, print_json, working


def redrive(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    customer: CustomerCode,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
    customer_profile: CustomerProfile = None,
    external_id: ExternalId = None,
) -> None:
    """Send a change's dead letters of a customer back to its announcements queue.

    Only this change's; every other letter stays where it is. Whoever was mailed is not mailed
    again: the ledger knows.
    """
    account = enter(session(profile, region), customer, Keys(customer_profile, external_id))
    sqs = account.session.client("sqs")
    dead, queue = account.output("DeadLetters"), account.output("AnnouncementsQueue")
    sent = 0
    with ExitStack() as stack:
        with working(f"Reading the dead letters of {customer}"):
            letters = stack.enter_context(taken(sqs, dead))
        chosen = of_change(letters, change_id)
        plan = [f"{len(chosen)} of {len(letters)} dead letters of {customer} are planned again:"]
        plan += [letter.said for letter in chosen]
        if chosen and go_on(plan, yes=yes, dry_run=dry_run):
            for letter in chosen:
                # In this order: a crash between the two leaves it there twice, never nowhere.
                sqs.send_message(QueueUrl=queue, MessageBody=letter.body)
                remove(sqs, dead, letters, letter)
                sent += 1
    if as_json:
        print_json({"change_id": change_id, "customer": customer, "found": len(chosen),
                    "redriven": sent})  # fmt: skip
    elif not chosen:
        out.print(f"Nothing to do: no dead letter of {customer} is about {change_id}.",
                  markup=False)  # fmt: skip
    elif sent:
        out.print(f"Redriven: {sent}. Next: changecast status {change_id} --watch", markup=False)
