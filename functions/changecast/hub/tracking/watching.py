"""Check everything that is overdue: open or end findings, and send the alerts."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.change import utc
from changecast.contract.errors import ChangecastError
from changecast.hub.registry import Customer, read_customers
from changecast.hub.routes import Route, look_at
from changecast.hub.settings import WatchSettings
from changecast.hub.tracking import alerts
from changecast.hub.tracking.findings import Cause, Finding, reported_finding, was_heard
from changecast.hub.tracking.history import claim_fact, close_fact, fact_in
from changecast.hub.tracking.items import change_row, read_item
from changecast.hub.tracking.open_windows import judged_end
from changecast.hub.tracking.queries import oldest_silence, overdue
from changecast.hub.tracking.registry_index import keep_fresh
from changecast.hub.tracking.rows import looked_at
from changecast.hub.tracking.schema import ItemKey, Row, code_in, is_delivery, is_window
from changecast.hub.tracking.silence import (
    TELLING,
    alike,
    cause_of,
    is_overdue,
    is_resolved,
    judged,
    must_tell,
)
from changecast.lambdas.metrics import count, measured, seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

log = logging.getLogger("changecast")
MOST_ITEMS = 2_000


@dataclass(frozen=True)
class Watcher:
    """What watching needs: the status table, the view of routes, and the topic."""

    table: "Table"
    events: "EventBridgeClient"
    sqs: "SQSClient"
    sns: "SNSClient"
    ssm: "SSMClient"
    settings: WatchSettings


class Watched(NamedTuple):
    """Number of overdue items, and the errors while checking them."""

    items: int
    failures: list[str]


@dataclass(frozen=True)
class Look:
    """One check: its time, the registered customers, and the routes read so far."""

    now: datetime
    customers: dict[str, Customer]
    routes: dict[str, Route] = field(default_factory=dict)


def watch_overdue(watcher: Watcher, now: datetime, until: float) -> Watched:
    """Check what is overdue, until `until` (epoch seconds)."""
    keys = list(islice(overdue(watcher.table, now), MOST_ITEMS))
    rows = [key for key in keys if is_delivery(key)]
    look = Look(now, read_customers(watcher.ssm, sorted({code_in(key) for key in rows})))
    to_tell: list[tuple[ItemKey, Row]] = []
    looks = [partial(_look_at_row, watcher, look, key, to_tell) for key in rows]
    over: list[tuple[ItemKey, Row]] = []
    looks += [partial(_look_at_end, watcher, now, key, over) for key in keys if is_window(key)]
    facts = _fact_alerts(watcher, [key for key in keys if _is_fact(key)], now)
    half = (time.time() + until) / 2  # the other half is for sending the alerts
    failures = _in_turn(looks, half)
    # Silent customers first, because anybody can forge reports.
    found = _found_alerts(watcher, look, to_tell)
    failures += _in_turn([*found, partial(_send_overdue, watcher, now, over), *facts], until)
    failures += _in_turn([partial(keep_fresh, watcher.ssm, watcher.table, now)], until)
    measured({}, {"OldestSilence": seconds(oldest_silence(watcher.table, now))})
    return Watched(len(keys), failures)


def _is_fact(key: ItemKey) -> bool:
    return not is_delivery(key) and not is_window(key)


def _in_turn(steps: Sequence[Callable[[], None]], until: float) -> list[str]:
    """Run the steps in turn while there is time; return the errors."""
    failures = []
    for step in steps:
        if time.time() >= until:
            break
        try:
            step()
        except (ChangecastError, ClientError, BotoCoreError) as error:
            log.warning(
                "a step of watch failed; it is repeated in a minute",
                extra={"error": str(error)[:500]},
            )
            failures.append(str(error)[:500])
    return failures


def _look_at_row(
    watcher: Watcher, look: Look, key: ItemKey, to_tell: list[tuple[ItemKey, Row]]
) -> None:
    """Open, keep or end the finding of one row; findings to publish go into `to_tell`."""

    def judge(row: Row) -> Row:
        is_due = row.get("deadline", "9") <= utc(look.now)
        found = _finding(watcher, look, row) if is_due else None
        return judged(row, found, look.now, watcher.settings.time_to_report) if is_due else row

    before, after = change_row(watcher.table, key, judge)
    if must_tell(before, after, look.now):
        to_tell.append((key, after))
    elif is_resolved(before, after):
        alert = alerts.resolved(after | {"finding": before["finding"]})
        _send(watcher, alert, before["finding"]["cause"])


def _finding(watcher: Watcher, look: Look, row: Row) -> Finding | None:
    """Return what is wrong with a row now; None if nothing is."""
    if found := reported_finding(row):
        return found
    if not is_overdue(row, look.now, watcher.settings.time_to_report):
        return None
    customer = look.customers.get(row["customer"])
    if customer and not was_heard(row) and customer.code not in look.routes:
        look.routes[customer.code] = look_at(watcher.events, watcher.sqs, customer)
    return cause_of(row, customer, look.routes.get(row["customer"]))


def _found_alerts(
    watcher: Watcher, look: Look, to_tell: list[tuple[ItemKey, Row]]
) -> list[Callable[[], None]]:
    """Return one step for each cause, which sends one alert for all its deliveries."""
    by_cause: dict[str, list[tuple[ItemKey, Row]]] = {}
    for key, row in to_tell:
        by_cause.setdefault(row["finding"]["cause"], []).append((key, row))
    return [partial(_send_found, watcher, look, told) for told in by_cause.values()]


def _send_found(watcher: Watcher, look: Look, told: list[tuple[ItemKey, Row]]) -> None:
    """Send the findings of one cause in one alert, and mark them as published."""
    rows = [row for _, row in told]
    _send(watcher, alerts.found(rows), rows[0]["finding"]["cause"])
    for key, after in told:
        change_row(watcher.table, key, partial(_told, after, look.now))


def _told(after: Row, now: datetime, row: Row) -> Row:
    return alike(row, after, looked_at(row, now))


def _look_at_end(
    watcher: Watcher, now: datetime, key: ItemKey, over: list[tuple[ItemKey, Row]]
) -> None:
    """Open, keep or end the finding that a change is overdue; those to publish go into `over`."""
    before, after = change_row(watcher.table, key, partial(judged_end, now=now))
    if must_tell(before, after, now):
        over.append((key, after))
    elif is_resolved(before, after):
        cause = before["finding"]["cause"]
        _send(watcher, alerts.overdue_resolved(after, cause), cause)


def _send_overdue(watcher: Watcher, now: datetime, over: list[tuple[ItemKey, Row]]) -> None:
    """Send the overdue changes in one alert, and mark them as published."""
    if not over:
        return
    _send(watcher, alerts.overdue([row for _, row in over]), Cause.OVERDUE)
    for key, after in over:
        change_row(watcher.table, key, partial(_told, after, now))


def _fact_alerts(watcher: Watcher, keys: list[ItemKey], now: datetime) -> list[Callable[[], None]]:
    """Return one step for each origin, which sends one alert for all its facts."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for key in keys:
        item = read_item(watcher.table, key)
        if item.get("deadline", "9") <= utc(now):  # the index lags a moment behind
            fact = fact_in(item)
            # A forger can name any change, so its account is the origin.
            origin = (fact["cause"], fact.get("account") or fact["change_id"])
            groups.setdefault(origin, []).append(fact)
    return [partial(_send_facts, watcher, items) for items in groups.values()]


def _send_facts(watcher: Watcher, items: list[Row]) -> None:
    """Send the facts of one origin in one alert, and close them."""
    until = datetime.now(UTC) + TELLING
    ours = [item for item in items if claim_fact(watcher.table, item, until)]
    if not ours:
        return
    _send(watcher, alerts.facts(ours), ours[0]["cause"])
    for item in ours:
        close_fact(watcher.table, {"pk": item["pk"], "sk": item["sk"]})


def _send(watcher: Watcher, alert: alerts.Alert, cause: str) -> None:
    """Publish one alert, and count it."""
    alerts.publish(watcher.sns, watcher.settings.alerts_topic_arn, alert)
    measured({"cause": cause}, {"Alerts": count(1)})
    log.info("alerted", extra={"subject": alert.subject})
