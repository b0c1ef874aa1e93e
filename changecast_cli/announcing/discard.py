"""changecast discard: make a revision void that should never have been announced."""

from dataclasses import asdict
from typing import Annotated

import typer

from changecast.hub.announcing.announce import connect
from changecast.hub.announcing.discard import Discarded
from changecast.hub.announcing.discard import discard as discard_revision
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_json


def discard(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    revision: Annotated[int, typer.Option(help="The revision to make void.", min=1)],
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Make a revision void at the hub and at every customer.

    The revision is no longer sent or compared with, and no longer blocks lower revisions. Mails
    that were sent stay sent: announce the change again to correct them.
    """
    hub = connect(session(profile, region))
    done = discard_revision(change_id, revision, hub=hub, dry_run=True)
    going = go_on([_plan(done)], yes=yes, dry_run=dry_run)
    if going:
        done = discard_revision(change_id, revision, hub=hub)
    if as_json:
        print_json({**asdict(done), "discarded": bool(going)})
    elif going:
        out.print(_next(done), markup=False, soft_wrap=True)


def _plan(done: Discarded) -> str:
    told = ", ".join(done.told) or "nobody yet"
    return f"{done.change_id} revision {done.revision} becomes void; announced now to: {told}"


def _next(done: Discarded) -> str:
    lines = [f"{done.change_id} revision {done.revision} is void."]
    if done.untold:
        lines.append(
            f"Not told yet: {', '.join(done.untold)}. They get it with the next announcement "
            "that names them."
        )
    lines.append(
        "Next: changecast announce FILE (with a new version if the document has one). Everybody "
        "who is not up to date is mailed."
    )
    return "\n".join(lines)
