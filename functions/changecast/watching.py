"""Why a customer has not reported by the deadline, from what the hub can see. Pure."""

from datetime import datetime, timedelta

from changecast.event import FINAL_STATES
from changecast.findings import Cause, Finding, Row, patience_with, was_heard
from changecast.registry import Customer
from changecast.routes import Route, rule_name
from changecast.status_rows import looked_at, mended, with_finding

# A finding that nobody told of after so long was opened by somebody who died.
TELLING = timedelta(minutes=2)


def cause_of(row: Row, customer: Customer | None, route: Route | None) -> Finding:
    """The likely cause of a silence; `customer` is its registry entry, `route` its route."""
    code, change_id = row["customer"], row["change_id"]
    if was_heard(row):
        return _stalled(row)
    if customer is None or route is None:
        return Finding(
            Cause.UNKNOWN_CUSTOMER,
            f"no customer {code!r} is registered, so nobody was told",
            f"aws ssm get-parameter --name /changecast/customers/{code}",
        )
    if route.fault:
        return Finding(
            Cause.NO_ROUTE,
            f"{route.fault}, so nothing was forwarded",
            f"aws events describe-rule --event-bus-name {customer.hub_bus} "
            f"--name {rule_name(code)}",
        )
    if letter := route.dead_letters.get((change_id, int(row["revision"]))):
        return Finding(
            Cause.REFUSED_BY_BUS,
            f"EventBridge could not deliver to {customer.bus_arn}: {letter.code}: {letter.message}"[
                :900
            ],
            f"aws sqs receive-message --queue-url {route.queue_url} "
            "--message-attribute-names All --visibility-timeout 0",
        )
    return _forwarded(row, customer, route)


def _forwarded(row: Row, customer: Customer, route: Route) -> Finding:
    more = "" if route.all_read else " (not every dead letter of the route could be read)"
    return Finding(
        Cause.FORWARDED_NO_REPORT,
        f"the event was forwarded to account {customer.account}, which never reported: "
        f"a function there may be broken{more}",
        f"changecast trace {row['change_id']}",
    )


def _stalled(row: Row) -> Finding:
    return Finding(
        Cause.STALLED,
        f"the last report ({row['state']}) is of {row['reported_at']}, and none came since",
        f"changecast recipients {row['change_id']} --customer {row['customer']}",
    )


def is_overdue(row: Row, now: datetime, patience: timedelta) -> bool:
    """Whether the next news should have come by now; all is by the hub's own clock."""
    if was_heard(row) and row["state"] in FINAL_STATES:
        return False
    since = datetime.fromisoformat(row["updated_at"])
    return not was_heard(row) or since + patience_with(row, patience) <= now


def judged(row: Row, found: Finding | None, now: datetime, patience: timedelta) -> Row:
    """The row of which `found` is to be said now: its finding opened, kept, or taken away."""
    known = row.get("finding")
    if found is None:
        return mended(row, now, patience)
    if known and known["cause"] == found.cause:
        return looked_at(row, now) if known["told"] else row
    return with_finding(row, found, now)


def must_tell(before: Row, after: Row, now: datetime) -> bool:
    """Whether the finding of `after` is ours to tell: we opened it, or who did died before."""
    finding = after.get("finding")
    if not finding or finding["told"]:
        return False
    is_ours = finding != before.get("finding")
    return is_ours or datetime.fromisoformat(finding["found_at"]) + TELLING <= now


def is_mended(before: Row, after: Row) -> bool:
    """Whether a finding that people were told of is gone."""
    return bool(before.get("finding", {}).get("told")) and "finding" not in after


def alike(row: Row, told: Row, then: Row) -> Row:
    """`then` if the row still has the finding that was told, else the row as it is by now."""
    return then if row.get("finding") == told.get("finding") else row
