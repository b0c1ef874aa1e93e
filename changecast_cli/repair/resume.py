"""changecast resume: resume a paused run."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from changecast.contract.pause_code import PauseCode
from changecast.contract.reminder import words_of
from changecast.customer.ledger import runs
from changecast.customer.ledger.schema import Run
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
from changecast_cli.repair.causes import in_words, remaining_causes, unforced
from changecast_cli.repair.named import named, run_of_change
from changecast_cli.repair.noting import note
from changecast_cli.repair.report_soon import report_soon
from changecast_cli.terminal import counted, out, print_json
from changecast_cli.watching.recipients import Reminder, Revision

if TYPE_CHECKING:
    import boto3

_RATES = {PauseCode.BOUNCE_RATE: "bounces", PauseCode.COMPLAINT_RATE: "complaints"}


@dataclass(frozen=True)
class Resumed:
    """Result, as `--json` prints it."""

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
    reminder: Reminder = None,
    force: Annotated[
        bool, typer.Option("--force", help="Resume the run even if the problem is still there.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
    customer_profile: CustomerProfile = None,
    external_id: ExternalId = None,
) -> None:
    """Resume a paused run once the problem that paused it is fixed. Nobody is mailed twice.

    Checks the customer's account first, and refuses if the problem is still visible there.
    """
    hub = session(profile, region)
    account = enter(hub, customer, Keys(customer_profile, external_id))
    run = run_of_change(hub, account, change_id, revision, reminder)
    if run.paused and not force:
        _refuse_while_broken(account, run)
    go = run.paused and go_on(plan_for(run, customer), yes=yes, dry_run=dry_run)
    if go:
        let_go_on(hub, account, run)
    what = Resumed(change_id, run.revision, customer, run.paused, run.reason_message, go)
    if as_json:
        print_json(vars(what))
    elif go:
        out.print(
            "Resumed: within a minute or two, sending continues to everybody who has not been "
            f"mailed. Next: changecast status {change_id} --watch",
            markup=False,
        )
    elif not run.paused:
        out.print(_not_paused(run, customer), markup=False)


def _refuse_while_broken(account: CustomerAccount, run: Run) -> None:
    """Raise Refused if the account would pause the run again at once."""
    causes = remaining_causes(account, run.pause_code)
    if causes:
        raise Refused(*in_words(causes), unforced("resumed"))


def let_go_on(hub: "boto3.Session", account: CustomerAccount, run: Run) -> None:
    """Resume a paused run, note in the history who did it, and have it reported."""
    ledger = account.ledger()
    runs.sweep_soon(ledger, runs.resume(ledger, run), time.time())
    about = [(run.change_id, run.revision)]
    which = f"reminder {words_of(run.reminds)}: " if run.is_reminder else ""
    note(hub, Action.RESUMED, account.customer.code, about, which + run.reason_message)
    report_soon(account, run.run)


def _not_paused(run: Run, customer: str) -> str:
    """Return why nothing is done, and what to do if people still wait for mails."""
    where = named(run, customer)
    if run.ended_at:
        return f"Nothing to do: {where} has ended. Next: changecast status {run.change_id}"
    return (
        f"Nothing to do: {where} is not paused. If `changecast status` still says paused after two "
        f"minutes, find out what blocks it: changecast doctor --customer {customer}"
    )


def plan_for(run: Run, customer: str) -> list[str]:
    """Return what resuming will do, in sentences."""
    plan = [
        f"{named(run, customer)} resumes. Reason for the pause: "
        f"{run.reason_message or run.reason_code or 'no reason was noted'}"
    ]
    code = run.pause_code
    people = counted(run.planned, "recipient") if run.planned else f"all subscribers of {run.topic}"
    if not run.planned and not (code and code.is_account_limit):
        plan.append(f"No recipients are planned yet: {people} get the mail ({run.kind})")
    elif not (code and code.is_account_limit):
        plan.append(f"Of its {people}, those who have not been mailed get the mail ({run.kind})")
    if code in _RATES:
        plan.append(f"After that, the run's {_RATES[code]} no longer pauses it")
    if code and code.is_account_limit:
        plan.append(
            f"The run was paused by a limit of {customer}'s own account. Resume it "
            f"only if somebody there has checked the change: {people} get the mail "
            f"({run.kind}) as it is, and no limit of the account pauses this run again"
        )
    return plan
