"""changecast discard: make a revision void that should never have been announced."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from changecast.hub.announcing.announce import connect
from changecast.hub.announcing.discard import Discarded
from changecast.hub.announcing.discard import discard as discard_revision
from changecast.hub.announcing.proposed import proposed_discard
from changecast_cli.announcing.proposing import PROPOSES, person_of, propose, say_proposed
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.options import As, AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_json


def discard(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    revision: Annotated[int, typer.Option(help="The revision to void.", min=1)],
    as_person: As = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Void a revision, at the hub and at every customer.

    The revision is no longer sent, later revisions are not compared with it, and it no longer
    blocks lower revisions. Mails cannot be recalled: to correct them, announce the change again.
    With TwoPerson=yes, the command only proposes the discard; another person must approve it.
    """
    own = session(profile, region)
    hub = connect(own)
    person = person_of(hub, as_person) if hub.two_persons else ""
    done = discard_revision(change_id, revision, hub=hub, dry_run=True)
    plan = [plan_for(done), *([PROPOSES] if hub.two_persons else [])]
    going = go_on(plan, yes=yes, dry_run=dry_run)
    if going and hub.two_persons:
        made = proposed_discard(change_id, revision, hub=hub, now=datetime.now(UTC))
        say_proposed(propose(own, hub, made, person), as_json=as_json)
        return
    if going:
        done = discard_revision(change_id, revision, hub=hub)
    if as_json:
        print_json({**asdict(done), "discarded": bool(going)})
    elif going:
        out.print(_next(done), markup=False)


def plan_for(done: Discarded) -> str:
    """Return what making a revision void will do, in a sentence."""
    told = ", ".join(done.told) or "nobody yet"
    return (
        f"{done.change_id} revision {done.revision} becomes void. Customers told of this now: "
        f"{told}"
    )


def _next(done: Discarded) -> str:
    lines = [f"{done.change_id} revision {done.revision} is void."]
    if done.untold:
        lines.append(
            f"Customers not told of this yet: {', '.join(done.untold)}. Their next announcement "
            "tells them."
        )
    lines.append(
        "Next: changecast announce FILE (if the document has a version, raise it first). "
        "Everybody who is not up to date is mailed."
    )
    return "\n".join(lines)
