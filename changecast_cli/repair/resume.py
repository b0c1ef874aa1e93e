"""changecast resume: let a paused run go on."""

import time
from dataclasses import dataclass
from typing import Annotated

import typer

from changecast import runs
from changecast.ledger_items import Run
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.deploying.customer_access import (
    CustomerCode,
    CustomerProfile,
    ExternalId,
    Keys,
    enter,
)
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_json
from changecast_cli.watching.recipients import Revision, run_in

_RATES = {"bounce_rate": "bounces", "complaint_rate": "complaints"}


@dataclass(frozen=True)
class Resumed:
    """What became of it, as `--json` prints it."""

    change_id: str
    revision: int
    customer: str
    was_paused: bool
    reason: str
    resumed: bool


def resume(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    customer: CustomerCode,
    revision: Revision = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
    customer_profile: CustomerProfile = None,
    external_id: ExternalId = None,
) -> None:
    """Let a paused run go on, once its cause is mended. Whoever was mailed is not mailed again."""
    account = enter(session(profile, region), customer, Keys(customer_profile, external_id))
    ledger = account.ledger()
    run = run_in(account, ledger, change_id, revision)
    go = run.paused and go_on(plan_for(run, customer), yes=yes, dry_run=dry_run)
    if go:
        runs.hurry(ledger, runs.resume(ledger, run), time.time())
    what = Resumed(change_id, run.revision, customer, run.paused, run.reason_message, go)
    if as_json:
        print_json(vars(what))
    elif go:
        out.print("Resumed: whoever still waits is sent to within a minute or two.")
    elif not run.paused:
        out.print(f"Nothing to do: {change_id} is not paused at {customer}.", markup=False)


def plan_for(run: Run, customer: str) -> list[str]:
    """What resuming means, in sentences."""
    plan = [
        f"{run.change_id} revision {run.revision} at {customer} goes on; it was paused because: "
        f"{run.reason_message or run.reason_code or 'no reason was noted'}"
    ]
    if run.reason_code in _RATES:
        plan.append(f"It is not stopped for its {_RATES[run.reason_code]} again")
    if run.reason_code in runs.LIMITS:
        plan.append(
            f"It was stopped by a limit of {customer}'s own account; going on means that somebody "
            f"there has looked: {run.planned} recipients get the mail ({run.kind}) as it is, and "
            "no limit of the account stops this run again"
        )
    return plan
