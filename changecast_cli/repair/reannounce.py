"""changecast reannounce: announce a change again to one customer that missed it."""

from typing import Annotated

import typer

from changecast.hub.announcing.announce import Announcement, connect
from changecast.hub.announcing.reannounce import reannounce as rehearse_again
from changecast_cli.announcing.proposing import announce_again
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.customer_access import CustomerCode
from changecast_cli.options import As, AsJson, Profile, Region, session
from changecast_cli.repair.causes import refuse_broken_buses
from changecast_cli.terminal import out, print_json


def reannounce(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    customer: CustomerCode,
    as_person: As = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Announce again even if the customer's bus refuses events."),
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Announce a change's newest revision again to one customer that it names.

    Publishes a new event with the same content, for this customer only. Nobody who was mailed is
    mailed again. First checks the bus in the customer's account, and refuses if the bus accepts no
    events.
    """
    own = session(profile, region)
    hub = connect(own)
    rehearsed = rehearse_again(change_id, customer, hub=hub, dry_run=True)
    if not force:
        refuse_broken_buses(own, [customer], "announced")
    done: Announcement | None = None
    if go_on([plan_for(rehearsed, customer)], yes=yes, dry_run=dry_run):
        done = announce_again(own, hub, change_id, customer, as_person)
    if as_json:
        print_json({
            "change_id": change_id,
            "revision": rehearsed.revision,
            "customer": customer,
            "event_id": done.event_ids[0] if done else None,
            "trace_id": done.trace_id if done else None,
        })  # fmt: skip
    elif done:
        out.print(f"Announced again. Next: changecast status {change_id} --watch", markup=False)


def plan_for(rehearsed: Announcement, customer: str) -> str:
    """Return what announcing again will do, in a sentence."""
    withdrawal = (
        " (the change was withdrawn for this customer)" if customer in rehearsed.withdrawn else ""
    )
    return (
        f"{rehearsed.change_id} revision {rehearsed.revision} ({rehearsed.title}) is announced "
        f"again to {customer} alone{withdrawal}; nobody is mailed twice"
    )
