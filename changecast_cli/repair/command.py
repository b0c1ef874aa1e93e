"""changecast repair: revert a customer's stacks, or the hub's, to their templates."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from changecast.hub.tracking.operator_actions import Action
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.customers.account import session_of
from changecast_cli.deploying import samconfig_file
from changecast_cli.doctor.checked_account import CheckedAccount, checked_account
from changecast_cli.doctor.hub import further_buses
from changecast_cli.failures import Refused, explained, warn
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.repair import drift
from changecast_cli.repair.bus_policies import customer_policy, hub_policy
from changecast_cli.repair.fixes import Fix, switched_off
from changecast_cli.repair.missed import (
    commands,
    letters_of_route,
    resumptions,
    rows_of,
    waiting_runs,
    young,
)
from changecast_cli.repair.noting import note
from changecast_cli.terminal import out, print_json, some_of, working
from changecast_cli.watching.silence import PATIENCE

HUB = "hub"
IDENTITY = "AWS::SES::EmailIdentity"
Look = Callable[[CheckedAccount], Iterator[Fix]]


@dataclass(frozen=True)
class Plan:
    """What to revert in one stack."""

    fixes: list[Fix]
    change_set: drift.ChangeSet

    def lines(self) -> list[str]:
        """Return what would be reverted, one line per resource."""
        return [each.change for each in self.fixes] + [*self.change_set.lines()]


@dataclass(frozen=True)
class Repaired:
    """Result of a repair: what differed, whether it was reverted, and what was missed until then.

    `missed`, `young` and `paused` are commands: to announce again what has no report, or has none
    yet, and to resume runs.
    `unread` is why the hub did not say so, if it did not.
    """

    who: str
    lines: list[str]
    missed: list[str]
    done: bool
    has_new_identity: bool
    unread: str = ""
    paused: tuple[str, ...] = ()
    young: tuple[str, ...] = ()

    def told(self) -> Iterator[str]:
        """Yield the result and the next commands, for people."""
        check = "changecast doctor " + ("--hub" if self.who == HUB else f"--customer {self.who}")
        if self.done:
            yield f"Restored at {self.who}:"
            yield from (f"  {line}" for line in self.lines)
        if self.has_new_identity:
            yield (
                "SES verifies the new identity by its DNS records. To see which ones "
                f"to publish: {check} --records"
            )
        yield from self._waiting()
        if self.unread:
            yield f"The changes that {self.who} missed cannot be read: {self.unread}"
        if self.done and self.who == HUB:
            yield (
                "Reports that could not reach the hub arrive automatically within about three "
                "minutes; nothing has to be announced again for them."
            )
        if self.done:
            yield f"Check it: {check}"
        elif not self.lines:
            yield (
                f"Nothing to do: {self.who} matches its templates. To check everything else: "
                f"{check}"
            )

    def _waiting(self) -> Iterator[str]:
        """Yield what is open: changes without a report, and paused runs."""
        is_pending = bool(self.lines) and not self.done
        if self.missed:
            again = "After the repair, announce" if is_pending else "Announce"
            yield (
                f"Changes without a report from {self.who}. {again} them again; nobody is mailed "
                "twice:"
            )
            yield from (f"  {command}" for command in self.missed)
        if self.young:
            yield (
                f"Announced within the last minute, and no report from {self.who} yet. If none "
                "arrives within a minute (nobody is mailed twice):"
            )
            yield from (f"  {command}" for command in self.young)
        if self.paused:
            yield "Paused runs. Once the doctor finds nothing broken, resume them:"
            yield from (f"  {command}" for command in self.paused)


def repair(
    who: Annotated[str, typer.Argument(help="A customer's code, or `hub`.", metavar="CUSTOMER")],
    config: Annotated[
        Path, typer.Option(help="The samconfig.toml that lists the customers.")
    ] = Path("samconfig.toml"),
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Undo manual changes to the stacks, so that they match their templates. Deletes no data.

    Compares a customer's stack and route, or the hub's stacks, with their deployed templates.
    Restores deleted resources and bus policies, and switches on what was switched off. Needs the
    permissions to deploy; builds nothing.
    """
    text = samconfig_file.read(config)
    hub = session(
        profile or samconfig_file.hub_profile(text), region or samconfig_file.hub_region(text)
    )
    with ExitStack() as until_decided:
        with working(f"Comparing {who} with its templates"):
            plans = until_decided.enter_context(compared(who, config, hub))
        # With --yes, the result alone says it.
        plan = [] if yes and not dry_run else [f"Would restore at {who}:", *lines_of(plans)]
        done = bool(lines_of(plans)) and go_on(plan, yes=yes, dry_run=dry_run)
        if done:
            with working(f"Repairing {who}"):
                carry_out(plans)
    _tell(repaired(who, hub, plans, done=done), as_json=as_json)


@contextmanager
def compared(who: str, config: Path, hub: boto3.Session) -> Iterator[Sequence[Plan]]:
    """Compare every stack of a customer or of the hub with its template, and change nothing.

    What CloudFormation would do is kept until the context ends, so that it can be carried out.
    """
    plans: list[Plan] = []
    try:
        for stack, of, look in _stacks(who, config, samconfig_file.read(config), hub):
            plans.append(_plan(stack, of, look))
        yield plans
    finally:
        _clean_up(plans)


def lines_of(plans: Sequence[Plan]) -> list[str]:
    """Return what would be reverted in all stacks, one line per resource."""
    return [line for plan in plans for line in plan.lines()]


def carry_out(plans: Sequence[Plan]) -> None:
    """Revert what differs. Raises Failed with CloudFormation's reason."""
    for plan in plans:
        for fix in plan.fixes:
            fix.apply()
        if plan.change_set.changes:
            drift.execute(plan.change_set)


def repaired(who: str, hub: boto3.Session, plans: Sequence[Plan], *, done: bool) -> Repaired:
    """Return the result of a comparison or a repair, with what was missed in the meantime.

    A repair is noted in the history of every change that waits for it. What was done stays done if
    the hub cannot be read after it.
    """
    now, unread = datetime.now(UTC), ""
    missed, paused, fresh = list[str](), list[str](), list[str]()
    if who != HUB:
        if done:
            restored = f"restored: {some_of(lines_of(plans))}"
            note(hub, Action.REPAIRED, who, waiting_runs(hub, who, now), restored)
        try:
            rows = [*rows_of(hub, who, now)]
            patience, letters = timedelta(0) if done else PATIENCE, letters_of_route(hub, who)
            missed = commands(who, rows, now, patience, letters)
            fresh = [] if done or letters else young(who, rows, now)
            paused = resumptions(who, rows)
        except (ClientError, BotoCoreError) as error:
            if not done:
                raise
            unread = explained(error) or str(error)
    is_new = done and any(plan.change_set.creates(IDENTITY) for plan in plans)
    return Repaired(
        who,
        lines_of(plans),
        missed,
        done,
        is_new,
        unread=unread,
        paused=tuple(paused),
        young=tuple(fresh),
    )


def _stacks(
    who: str, config: Path, text: str, hub: boto3.Session
) -> Iterator[tuple[str, CheckedAccount, Look]]:
    """Yield every stack to check, with its checks beside drift."""
    if who == HUB:
        for stack in (samconfig_file.hub_stack_name(text), *further_buses(hub)):
            yield stack, _deployed(hub, who, stack), _looks(switched_off, hub_policy)
        return
    customer = samconfig_file.customer_in(text, who, config)
    own, route = session_of(customer), f"changecast-route-{who}"
    yield "changecast", _deployed(own, who, "changecast"), _looks(switched_off, customer_policy)
    yield route, _deployed(hub, who, route), switched_off


def _looks(*looks: Look) -> Look:
    def all_of(of: CheckedAccount) -> Iterator[Fix]:
        for look in looks:
            yield from look(of)

    return all_of


def _deployed(account: boto3.Session, who: str, stack: str) -> CheckedAccount:
    found = checked_account(account, who, stack)
    if found is None:
        environment = f"{who}-route" if stack.startswith("changecast-route-") else who
        raise Refused(
            f"there is no stack {stack} to repair: deploy it "
            f"(sam deploy --config-env {environment})"
        )
    return found


def _plan(stack: str, of: CheckedAccount, look: Look) -> Plan:
    # A deleted rule is created again enabled, so the change set comes after the switches.
    return Plan([*look(of)], drift.compare(of.session, stack))


def _clean_up(plans: Sequence[Plan]) -> None:
    for plan in plans:
        made = plan.change_set
        try:
            drift.discard(made)
        except (ClientError, BotoCoreError) as error:
            warn(
                f"the change set {made.name} of stack {made.stack} could not be deleted: "
                f"{explained(error)}"
            )


def _tell(repaired: Repaired, *, as_json: bool) -> None:
    if as_json:
        if repaired.unread:
            warn(f"the changes that {repaired.who} missed cannot be read: {repaired.unread}")
        print_json(
            {"repaired": repaired.who, "found": repaired.lines, "done": repaired.done,
             "missed": repaired.missed, "paused": [*repaired.paused],
             "young": [*repaired.young]}
        )  # fmt: skip
        return
    for line in repaired.told():
        out.print(line, markup=False)
