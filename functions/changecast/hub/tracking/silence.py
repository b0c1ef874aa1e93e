"""Why a customer has not reported by the deadline, and when a finding is over. Pure."""

from datetime import datetime, timedelta

from changecast.contract.change import utc
from changecast.contract.delivery_reported import FINAL_STATES
from changecast.hub.registry import Customer
from changecast.hub.routes import Route, rule_name
from changecast.hub.tracking.findings import Cause, Finding, time_to_report_of, was_heard
from changecast.hub.tracking.rows import (
    looked_at,
    mails_sent,
    with_finding,
    with_mails_sent,
    without_finding,
)
from changecast.hub.tracking.schema import Row

# A finding that is unpublished after this time was opened by an invocation that died.
TELLING = timedelta(minutes=2)


def cause_of(row: Row, customer: Customer | None, route: Route | None) -> Finding:
    """Return the likely cause of a customer's silence, from its registry entry and its route."""
    code, change_id = row["customer"], row["change_id"]
    if was_heard(row):
        return _stalled(row)
    if customer is None or route is None:
        return Finding(
            Cause.UNKNOWN_CUSTOMER,
            # A route works without its entry, but then the hub refuses the account's reports.
            f"no customer is registered as {code!r}: check the code. Unless a route for this code "
            "exists, nobody there was told of the change",
            f"aws ssm get-parameter --name /changecast/customers/{code}",
        )
    if route.fault:
        return Finding(
            Cause.NO_ROUTE,
            f"{route.fault}, so nothing was forwarded",
            f"aws events describe-rule --event-bus-name {customer.hub_bus} "
            f"--name {rule_name(customer)}",
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
        f"the event was forwarded to account {customer.account}, which has not reported. A "
        f"function in that account may be broken{more}",
        f"changecast trace {row['change_id']}",
    )


def _stalled(row: Row) -> Finding:
    return Finding(
        Cause.STALLED,
        f"the last report ({row['state']}) is from {row['reported_at']}, and none has arrived "
        "since",
        f"changecast recipients {row['change_id']} --customer {row['customer']}",
    )


def is_overdue(row: Row, now: datetime, time_to_report: timedelta) -> bool:
    """Return whether the next report is overdue, by the hub's own clock."""
    if was_heard(row) and row["state"] in FINAL_STATES:
        return False
    since = datetime.fromisoformat(row["updated_at"])
    return not was_heard(row) or since + time_to_report_of(row, time_to_report) <= now


def judged(row: Row, found: Finding | None, now: datetime, time_to_report: timedelta) -> Row:
    """Return the row for `found`: its finding opened, kept or removed."""
    known = row.get("finding")
    if found is None:
        if known and known["told"] and not is_past(row):
            return row | {"deadline": utc(now + time_to_report_of(row, time_to_report))}
        return without_finding(row, now, time_to_report)
    if known and known["cause"] == found.cause:
        return looked_at(with_mails_sent(row), now) if known["told"] else row
    return with_finding(row, found, now)


def is_past(row: Row) -> bool:
    """Return whether a run is past its finding; a resumed run may pause again at once."""
    finding = row["finding"]
    if finding["cause"] not in (Cause.PAUSED, Cause.HELD):
        return True
    return row["state"] in FINAL_STATES or mails_sent(row) > int(finding["sent"])


def must_tell(before: Row, after: Row, now: datetime) -> bool:
    """Return whether to publish the finding of `after`: this call opened it, or its opener died."""
    finding = after.get("finding")
    if not finding or finding["told"]:
        return False
    is_ours = finding != before.get("finding")
    return is_ours or datetime.fromisoformat(finding["found_at"]) + TELLING <= now


def is_resolved(before: Row, after: Row) -> bool:
    """Return whether a published finding is gone."""
    return bool(before.get("finding", {}).get("told")) and "finding" not in after


def alike(row: Row, told: Row, then: Row) -> Row:
    """Return `then` if the row still has the published finding, otherwise the current row."""
    return then if row.get("finding") == told.get("finding") else row
