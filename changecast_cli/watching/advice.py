"""The next command for a delivery in trouble, and the page that explains it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from changecast.contract.delivery_reported import RunState
from changecast.contract.pause_code import pause_of
from changecast.hub.tracking.alerts import page
from changecast.hub.tracking.commands import (
    BOTH_SIDES,
    MISSED,
    REANNOUNCE,
    REPAIR,
    REPLAY,
    RESUME,
    RESUMES_AUTOMATICALLY,
    filled,
    repeating,
)
from changecast.hub.tracking.findings import ANNOUNCED, SILENT, Cause
from changecast.hub.tracking.open_windows import OverdueChange
from changecast.hub.tracking.operator_actions import Action, OperatorAction
from changecast_cli.terminal import some_of
from changecast_cli.watching.announced_by import short
from changecast_cli.watching.runs import BAD_STATES, UNDER_WAY, Run, is_bad, is_final
from changecast_cli.watching.silence import REFUSED, has_dead_letter, is_silent

STRAY_PAGE = "docs/runbook/stray-revision.md"
_REPAIR_HUB = "changecast repair hub"
_OF_ONE_RUN = ("paused", "held", "failed", "partial")
REPORTS_ARRIVE = "late reports then arrive automatically within about three minutes"
_REPORTS_LATE = "after a repair, late reports arrive automatically"
_NEVER_HEARD = MISSED | {ANNOUNCED}
_UNREPORTED = UNDER_WAY | SILENT
_REPAIRS = (Action.REPAIRED, Action.REPLAYED)
_DECISIONS = (Action.RESUMED, Action.RELEASED, Action.DROPPED)


class Step(NamedTuple):
    """The next step for one customer: the state, the command, and the page about it.

    `then` is the step after the command has shown or repaired the cause. `told` is what an operator
    has already done, if nothing was reported since.
    """

    state: str
    command: str
    page: str
    then: str = ""
    told: str = ""


def next_steps(
    run: Run, actions: Sequence[OperatorAction] = (), now: datetime | None = None
) -> Iterator[str]:
    """Yield a line for each customer in trouble, or whose next report is late."""
    now = now or datetime.now(UTC)
    for code, customer in run["customers"].items():
        is_seen = is_bad(customer) or is_suspect(customer) or is_refused(customer)
        is_seen = is_seen or _repaired(customer, code, actions) is not None
        if is_seen or is_silent(customer, now):
            step = next_step(run["change_id"], code, customer, actions)
            then = f"; {step.then}" if step.then else ""
            yield f"{code}: {step.told}{step.command}{then}    ({step.page})"
        yield from _reminder_steps(run["change_id"], code, customer)


def _reminder_steps(change_id: str, code: str, customer: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each reminder in trouble."""
    for one in customer.get("reminders", ()):
        state = one["state"]
        if state in _OF_ONE_RUN:
            command = filled(_command(state, one), change_id, code, one["before"])
            then = _then(change_id, code, state, one, one["before"])
            said = f"{command}; {then}" if then else command
            yield f"{code}: {said}    (docs/runbook/{_page(state, one)}.md)"


def next_step(
    change_id: str, code: str, customer: dict[str, Any], actions: Sequence[OperatorAction] = ()
) -> Step:
    """Return what to type for a customer in trouble.

    If an operator has resumed a run and nothing was reported since, resuming it again does nothing;
    the doctor finds the cause.
    """
    state = state_in_trouble(customer)
    page_of_state = f"docs/runbook/{_page(state, customer)}.md"
    if repaired := _repaired(customer, code, actions):
        again = REPLAY if has_dead_letter(customer) else REANNOUNCE
        if repaired.action is Action.REPLAYED and again is REANNOUNCE:
            return Step(
                state, filled(BOTH_SIDES, change_id, code), page_of_state, told=_told(repaired)
            )
        return Step(
            state,
            filled(again, change_id, code),
            page_of_state,
            f"if no report follows within a minute: {filled(BOTH_SIDES, change_id, code)}",
            f"{_done_by(repaired)}, no report since: ",
        )
    done = unanswered(customer, code, actions) if state in ("paused", "held") else None
    command = BOTH_SIDES if done else _command(state, customer)
    then = "" if done else _then(change_id, code, state, customer)
    return Step(state, filled(command, change_id, code), page_of_state, then, _told(done))


def _command(state: str, customer: dict[str, Any]) -> str:
    if is_refused(customer):
        return _REPAIR_HUB
    pause = pause_of(customer)
    is_resumed_first = state == Cause.PAUSED and pause and not pause.needs_repair
    return RESUME if is_resumed_first else REPAIR[Cause(state)]


def _then(
    change_id: str, code: str, state: str, customer: dict[str, Any], reminder: str = ""
) -> str:
    """Return the step after the cause is repaired; empty if there is none."""
    if is_refused(customer):
        return REPORTS_ARRIVE
    if state in MISSED:
        late = f"{_REPORTS_LATE}; " if state == Cause.FORWARDED_NO_REPORT else ""
        return f"{late}changes missed in the meantime: {filled(repeating(state), change_id, code)}"
    pause = pause_of(customer)
    if state != Cause.PAUSED or (pause and not pause.needs_repair):
        return ""
    if pause and pause.automatic:
        return RESUMES_AUTOMATICALLY
    return f"when the cause is repaired: {filled(RESUME, change_id, code, reminder)}"


def unanswered(
    customer: dict[str, Any], code: str, actions: Sequence[OperatorAction]
) -> OperatorAction | None:
    """Return the last operator's action on a customer's run, if nothing was reported since."""
    done = _decided(customer, code, actions)
    return done if done and done.after_seq >= customer["report_seq"] else None


def without_effect(
    customer: dict[str, Any], code: str, actions: Sequence[OperatorAction]
) -> OperatorAction | None:
    """Return the last operator's action on a customer's run, if no report shows its effect yet.

    An account reports at once that a run is planned again, and its mails a little later.
    """
    is_planned = customer["state"] == RunState.PLANNED
    return _decided(customer, code, actions) if is_planned else unanswered(customer, code, actions)


def _decided(
    customer: dict[str, Any], code: str, actions: Sequence[OperatorAction]
) -> OperatorAction | None:
    """Return the last operator's decision about a customer's run."""
    of_run = [
        one
        for one in actions
        if (one.to, one.revision) == (code, customer["revision"]) and one.action in _DECISIONS
    ]
    return of_run[-1] if of_run else None


def _repaired(
    customer: dict[str, Any], code: str, actions: Sequence[OperatorAction]
) -> OperatorAction | None:
    """Return the last repair or replay for a customer that never reported the run, if any.

    What was announced before a repair did not arrive. A cause that the hub still sees comes first.
    """
    if customer["state"] not in _NEVER_HEARD or is_suspect(customer) or is_refused(customer):
        return None
    of_run = [
        one
        for one in actions
        if (one.to, one.revision) == (code, customer["revision"]) and one.action in _REPAIRS
    ]
    return of_run[-1] if of_run else None


def _told(done: OperatorAction | None) -> str:
    if done is None:
        return ""
    return f"{_done_by(done)}, no report since; if none arrives within 2 min: "


def _done_by(done: OperatorAction) -> str:
    return f"{done.action} {done.at[11:16]} UTC by {short(done.by)}"


def _page(state: str, customer: dict[str, Any]) -> str:
    pause = pause_of(customer)
    return pause.runbook if state == "paused" and pause else state.replace("_", "-")


def discard_steps(change_id: str, revisions: Iterable[int]) -> Iterator[str]:
    """Yield a line for each revision that nobody announced here."""
    for revision in revisions:
        yield (
            f"revision {revision} was put on the bus without `changecast announce`. To void it: "
            f"changecast discard {change_id} --revision {revision}    ({STRAY_PAGE})"
        )


def refused_steps(runs: Iterable[Run]) -> Iterator[str]:
    """Yield a line if the hub refuses the reports of customers, for all of them and all runs."""
    refused = {code for run in runs for code, one in run["customers"].items() if is_refused(one)}
    if refused:
        yield (
            f"{some_of(sorted(refused))}: {_REPAIR_HUB}; {REPORTS_ARRIVE}"
            f"    ({page(Cause.FORWARDED_NO_REPORT)})"
        )


def overdue_steps(overdue: Iterable[OverdueChange]) -> Iterator[str]:
    """Yield a line for each change whose window is over and that nobody completed or cancelled."""
    for one in overdue:
        yield (
            f"{one.change_id}: overdue since {one.window_end}: {one.command}"
            f"    ({page(Cause.OVERDUE)})"
        )


def state_in_trouble(customer: dict[str, Any]) -> str:
    """Return the state that needs action; a rejection may exist beside a good delivery."""
    if is_suspect(customer):
        return str(customer["reason"]["code"])
    if customer["rejection"] or customer["state"] not in UNDER_WAY:
        return customer["state"] if customer["state"] in BAD_STATES else "rejected"
    is_unheard = customer["state"] == ANNOUNCED
    return (Cause.FORWARDED_NO_REPORT if is_unheard else Cause.STALLED).value


def is_stuck(customer: dict[str, Any]) -> bool:
    """Return whether a customer's delivery waits until somebody acts."""
    pause = pause_of(customer)
    waits = customer["state"] == "paused" and pause is not None and pause.needs_operator
    return waits or is_final(customer) or is_suspect(customer) or is_refused(customer)


def is_suspect(customer: dict[str, Any]) -> bool:
    """Return whether the hub sees why a customer is silent, before its deadline is over."""
    code = (customer["reason"] or {}).get("code")
    return customer["state"] == ANNOUNCED and code in SILENT


def is_refused(customer: dict[str, Any]) -> bool:
    """Return whether the hub refuses the reports of a customer whose next one is expected."""
    code = (customer["reason"] or {}).get("code")
    return customer["state"] in _UNREPORTED and code == REFUSED
