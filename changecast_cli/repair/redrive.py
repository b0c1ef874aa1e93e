"""changecast redrive: plan again what a customer's account could not plan."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

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
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.repair.dead_letters import (
    DeadLetter,
    of_change,
    remove,
    taken,
    to_plan_again,
)
from changecast_cli.repair.named import refuse_other_customer
from changecast_cli.repair.noting import note
from changecast_cli.terminal import counted, out, print_json, working

if TYPE_CHECKING:
    import boto3


def redrive(
    customer: CustomerCode,
    change_id: Annotated[
        str | None, typer.Argument(help="The change (default: every change).")
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
    customer_profile: CustomerProfile = None,
    external_id: ExternalId = None,
) -> None:
    """Send a customer's dead letters back to its announcements queue.

    With a change, sends back every dead letter about it. Without one, sends back all except events
    that the customer's account refused; after an upgrade of its stack, name their change to send
    these back too. Messages about reminders and weekly overviews always stay. Nobody is mailed
    twice.
    """
    hub = session(profile, region)
    account = enter(hub, customer, Keys(customer_profile, external_id))
    sqs, dead = account.session.client("sqs"), account.output("DeadLetters")
    sent: Sequence[DeadLetter] = []
    with ExitStack() as stack:
        with working(f"Reading the dead letters of {customer}"):
            letters = stack.enter_context(taken(sqs, dead))
        chosen = of_change(letters, change_id) if change_id else to_plan_again(letters)
        if change_id and not chosen:
            refuse_other_customer(hub, change_id, customer)
        many = f"{len(chosen)} of {counted(len(letters), 'dead letter')}"
        plan = [f"Send {many} of {customer} back to its announcements queue:"]
        plan += [letter.said for letter in chosen]
        if chosen and go_on(plan, yes=yes, dry_run=dry_run):
            sent = send_back(account, letters, chosen)
    if sent:
        note_redriven(hub, customer, sent)
    if as_json:
        print_json({"change_id": change_id, "customer": customer, "found": len(chosen),
                    "redriven": len(sent)})  # fmt: skip
    elif not chosen:
        about = f"is about {change_id}" if change_id else "can be sent back"
        out.print(f"Nothing to do: no dead letter of {customer} {about}.", markup=False)
    elif sent:
        out.print(f"Sent back: {len(sent)}. Next: {_next(change_id, customer)}", markup=False)


def send_back(
    account: CustomerAccount, letters: list[DeadLetter], chosen: Sequence[DeadLetter]
) -> Sequence[DeadLetter]:
    """Move letters out of all those that were taken back to the announcements queue."""
    sqs, dead = account.session.client("sqs"), account.output("DeadLetters")
    queue = account.output("AnnouncementsQueue")
    for letter in chosen:
        # In this order, a crash in between leaves the letter twice, and never loses it.
        sqs.send_message(QueueUrl=queue, MessageBody=letter.body)
        remove(sqs, dead, letters, letter)
    return chosen


def note_redriven(hub: "boto3.Session", customer: str, sent: Sequence[DeadLetter]) -> None:
    """Note in the histories of their changes that letters were planned again."""
    runs = [(one.change_id, one.revision) for one in sent if one.change_id and one.revision]
    note(hub, Action.REDRIVEN, customer, runs)


def _next(change_id: str | None, customer: str) -> str:
    if change_id:
        return f"changecast status {change_id} --watch"
    return f"changecast status --customer {customer}"
