"""Customers whose next report is late, and the causes that the hub can already see."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.change import utc
from changecast.hub.announcing.announce import STATUS_TABLE
from changecast.hub.registry import Customer, read_customers
from changecast.hub.routes import look_at
from changecast.hub.tracking.findings import ANNOUNCED, Cause, Finding
from changecast.hub.tracking.operator_actions import Action, actions_on
from changecast.hub.tracking.registry_index import registered
from changecast.hub.tracking.silence import cause_of
from changecast_cli.doctor.hub import reports_refused
from changecast_cli.watching.runs import UNDER_WAY, Look, Run

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_dynamodb.service_resource import Table

# The next report normally arrives within seconds, for a long run within minutes: one second for
# each 20 batches of 25 recipients.
PATIENCE = timedelta(minutes=1)
RECIPIENTS_A_SECOND = 500
# The code of the reason if the hub refuses the reports: the mails may have gone out.
REFUSED = "reports_refused"
# The code of the reason if an operator repaired the bus that refused an announcement.
REPAIRED = "repaired"
# While somebody waits, the first look is earlier, and looks are repeated.
FIRST_LOOK, LOOK_SECONDS, MOST_LOOKED_AT = timedelta(seconds=5), 5.0, 20


def with_silence(hub: "boto3.Session", run: Run, now: datetime) -> Run:
    """Return the run with a reason for each customer whose report is late, if the hub sees one.

    A few customers are looked at after seconds, as `announce --wait` does, the others after a
    minute. Without permission to look at routes, the run is unchanged.
    """
    unheard = [code for code, one in run["customers"].items() if one["state"] == ANNOUNCED]
    silent = [
        code
        for number, code in enumerate(unheard)
        if is_silent(
            run["customers"][code], now, FIRST_LOOK if number < MOST_LOOKED_AT else PATIENCE
        )
    ]
    late = [code for code, one in run["customers"].items() if _is_late(one, now)]
    if not silent and not late:
        return run
    customers = dict(run["customers"])
    refused = _refusals(hub)
    try:
        known = read_customers(hub.client("ssm"), [*dict.fromkeys((*silent, *late))])
        for code in silent:
            found, put_at = _cause(hub, run["change_id"], code, customers[code], known)
            if found.cause is not Cause.FORWARDED_NO_REPORT:
                reason = _reason(found.cause.value, found.message, now)
                if found.cause is Cause.REFUSED_BY_BUS:
                    reason = _repaired(hub, run["change_id"], code, put_at, now) or reason
                customers[code] = {**customers[code], "reason": reason}
            else:
                late.append(code)
        for code in late:
            if why := refused(known.get(code)):
                customers[code] = {**customers[code], "reason": _reason(REFUSED, why, now)}
    except (ClientError, BotoCoreError):
        pass  # what was found so far is true
    return {**run, "customers": customers}


def with_refusals(
    hub: "boto3.Session", table: "Table", runs: Sequence[Run], now: datetime
) -> list[Run]:
    """Return the runs with a reason for each late customer whose reports the hub refuses.

    Looks at each bus once and at no route, so that it costs the same for any number of changes.
    Without permission to look, the runs are unchanged.
    """
    late = {code for run in runs for code, one in run["customers"].items() if _is_unheard(one, now)}
    if not late:
        return [*runs]
    refused, ssm = _refusals(hub), hub.client("ssm")
    try:
        is_few = len(late) <= MOST_LOOKED_AT
        known = read_customers(ssm, sorted(late)) if is_few else registered(ssm, table, now)
        why = {code: said for code in sorted(late) if (said := refused(known.get(code)))}
    except (ClientError, BotoCoreError):
        return [*runs]

    def explained(code: str, one: dict[str, Any]) -> dict[str, Any]:
        is_refused = code in why and _is_unheard(one, now)
        return {**one, "reason": _reason(REFUSED, why[code], now)} if is_refused else one

    return [
        {**run, "customers": {code: explained(code, one) for code, one in run["customers"].items()}}
        for run in runs
    ]


def _refusals(hub: "boto3.Session") -> Callable[[Customer | None], str]:
    """Return a function that says why the hub refuses a customer's reports; "" if it does not.

    It reads the policy of each bus once.
    """
    policy = cache(lambda bus: hub.client("events").describe_event_bus(Name=bus))
    return lambda one: reports_refused(policy(one.hub_bus), one) if one else ""


def _is_unheard(customer: Mapping[str, Any], now: datetime) -> bool:
    return is_silent(customer, now) or _is_late(customer, now)


def _is_late(customer: Mapping[str, Any], now: datetime) -> bool:
    """Return whether a customer's report is late, and its route is not to blame."""
    if customer["state"] in (Cause.FORWARDED_NO_REPORT, Cause.STALLED):
        return True
    return customer["state"] != ANNOUNCED and is_silent(customer, now)


def looking(hub: "boto3.Session", clock: Callable[[], float] = time.monotonic) -> Look:
    """Return a function that adds, every few seconds, why customers never reported to a run."""
    reasons: dict[str, Any] = {}
    looked_at = clock()

    def look(run: Run) -> Run:
        nonlocal looked_at
        if clock() - looked_at >= LOOK_SECONDS:
            found = with_silence(hub, _few(run), datetime.now(UTC))["customers"]
            reasons.clear()
            reasons.update({code: one["reason"] for code, one in found.items()})
            looked_at = clock()
        return _with_reasons(run, reasons)

    return look


def _few(run: Run) -> Run:
    """Return the run with only a few of the customers that never reported: looking is slow."""
    unheard = [each for each in run["customers"].items() if each[1]["state"] == ANNOUNCED]
    return {**run, "customers": dict(unheard[:MOST_LOOKED_AT])}


def _with_reasons(run: Run, reasons: Mapping[str, Any]) -> Run:
    customers = {
        code: {**one, "reason": reasons[code]} if one["state"] == ANNOUNCED and reasons.get(code)
        else one
        for code, one in run["customers"].items()
    }  # fmt: skip
    return {**run, "customers": customers}


def is_silent(customer: Mapping[str, Any], now: datetime, patience: timedelta = PATIENCE) -> bool:
    """Return whether a customer's next report should have arrived by now."""
    since, counts = silent_since(customer), customer["counts"]
    expected = patience + timedelta(seconds=counts["planned"] / RECIPIENTS_A_SECOND)
    return bool(since) and datetime.fromisoformat(str(since)) + expected <= now


def silent_since(customer: Mapping[str, Any]) -> str | None:
    """Return the time of the last news of a run under way; None if no report is expected.

    A run whose mails have no answer yet waits for SES's events; a run with a reason already says
    why it waits.
    """
    last: str | None = None
    if customer["state"] == ANNOUNCED:
        last = customer["announced_at"]
    elif customer["state"] in UNDER_WAY and not (
        customer["counts"]["unknown"] or customer["reason"]
    ):
        last = customer["reported_at"]
    return last


def _cause(
    hub: "boto3.Session",
    change_id: str,
    code: str,
    customer: Mapping[str, Any],
    known: Mapping[str, Customer],
) -> tuple[Finding, str]:
    """Return the cause; if it is a dead letter, also when its event was put."""
    own = known.get(code)
    route = look_at(hub.client("events"), hub.client("sqs"), own) if own else None
    row = {"change_id": change_id, "customer": code, "revision": customer["revision"]}
    letter = (route.dead_letters if route else {}).get((change_id, customer["revision"]))
    return cause_of(row, own, route), letter.put_at if letter else ""


def _repaired(
    hub: "boto3.Session", change_id: str, code: str, put_at: str, now: datetime
) -> dict[str, Any] | None:
    """Return the reason if an operator repaired the customer after the event was put.

    A dead letter shows what the bus refused then, and not what it refuses now.
    """
    actions = actions_on(hub.resource("dynamodb").Table(STATUS_TABLE), change_id)
    repairs = [one.at for one in actions if (one.to, one.action) == (code, Action.REPAIRED)]
    if not put_at or not repairs or repairs[-1] <= put_at:
        return None
    return _reason(
        REPAIRED,
        f"repaired at {repairs[-1][11:16]} UTC; the announcement is still a dead letter of the "
        "route, so replay it",
        now,
    )


def has_dead_letter(customer: Mapping[str, Any]) -> bool:
    """Return whether the announcement is a dead letter of a route that was repaired since."""
    return (customer["reason"] or {}).get("code") == REPAIRED


def _reason(code: str, message: str, now: datetime) -> dict[str, Any]:
    return {
        "class": "hub",
        "code": code,
        "message": message,
        "request_id": None,
        "at": utc(now),
    }
