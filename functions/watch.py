"""Lambda of the hub, every minute: who is silent, why, and what else must people know of?"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import changecast.startup  # noqa: F401
from changecast import alerts
from changecast.change import utc
from changecast.clock import Context, deadline
from changecast.errors import ChangecastError, Retry
from changecast.findings import Finding, Row, reported_finding, was_heard
from changecast.metrics import count, measured, seconds
from changecast.registry import Customer, list_customers
from changecast.routes import Route, look_at
from changecast.settings import Watch
from changecast.status_history import claim_fact, close_fact, fact_in
from changecast.status_items import ItemKey, change_row, is_status, read_item
from changecast.status_lists import oldest_silence, overdue
from changecast.status_rows import looked_at
from changecast.watching import (
    TELLING,
    alike,
    cause_of,
    is_mended,
    is_overdue,
    judged,
    must_tell,
)

log = logging.getLogger("changecast")
settings = Watch.from_env()
table = boto3.resource("dynamodb").Table(settings.status_table)
events = boto3.client("events")
sqs = boto3.client("sqs")
sns = boto3.client("sns")
ssm = boto3.client("ssm")
A_TIME = 2_000
# The longest step, reading a route's dead letters, must be done before Lambda ends us.
LAST_SECONDS = 25.0


@dataclass(frozen=True)
class Round:
    """One look at everything: when, who is registered, and the routes that were looked at."""

    now: datetime
    customers: dict[str, Customer]
    routes: dict[str, Route] = field(default_factory=dict)


def handler(event: dict[str, Any], context: Context) -> None:
    """Look at whatever is overdue; what fails is looked at again in a minute, the rest goes on."""
    until, now = deadline(context, time.time()) - LAST_SECONDS, datetime.now(UTC)
    keys = list(islice(overdue(table, now), A_TIME))
    rows = [key for key in keys if is_status(key)]
    this = Round(now, list_customers(ssm) if rows else {})
    looks = [partial(look_at_row, this, key) for key in rows]
    facts = tellings([key for key in keys if not is_status(key)], now)
    failures = in_turn([*looks, *facts], until)  # who is silent first: anybody can forge
    measured({}, {"OldestSilence": seconds(oldest_silence(table, now))})
    log.info("watched", extra={"looked_at": len(keys), "failed": len(failures)})
    if failures:
        raise Retry(f"{len(failures)} could not be looked at, first: {failures[0]}")


def in_turn(steps: list[Callable[[], None]], until: float) -> list[str]:
    """Do one after another while there is time; comes back: what went wrong."""
    failures = []
    for step in steps:
        if time.time() >= until:
            break
        try:
            step()
        except (ChangecastError, ClientError, BotoCoreError) as error:
            log.warning("could not look", extra={"error": str(error)[:500]})
            failures.append(str(error)[:500])
    return failures


def look_at_row(this: Round, key: ItemKey) -> None:
    """Open, keep or end the finding of one row, and tell of it what was not told."""

    def judge(row: Row) -> Row:
        is_due = row.get("deadline", "9") <= utc(this.now)
        return judged(row, finding(this, row), this.now, settings.patience) if is_due else row

    before, after = change_row(table, key, judge)
    if must_tell(before, after, this.now):
        tell(alerts.found(after), after["finding"]["cause"])
        change_row(table, key, lambda row: alike(row, after, looked_at(row, this.now)))
    elif is_mended(before, after):
        tell(alerts.mended(after | {"finding": before["finding"]}), before["finding"]["cause"])


def finding(this: Round, row: Row) -> Finding | None:
    """What is to be held against a row now."""
    if found := reported_finding(row):
        return found
    if not is_overdue(row, this.now, settings.patience):
        return None
    customer = this.customers.get(row["customer"])
    if customer and not was_heard(row) and customer.code not in this.routes:
        this.routes[customer.code] = look_at(events, sqs, customer)
    return cause_of(row, customer, this.routes.get(row["customer"]))


def tellings(keys: list[ItemKey], now: datetime) -> list[Callable[[], None]]:
    """What tells of announcements and reports that are wrong, once for those of one origin."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for key in keys:
        item = read_item(table, key)
        if item.get("deadline", "9") <= utc(now):  # the index is a moment behind
            fact = fact_in(item)
            # A forger can name any change: its account is the origin.
            origin = (fact["cause"], fact.get("account") or fact["change_id"])
            groups.setdefault(origin, []).append(fact)
    return [partial(tell_facts, items) for items in groups.values()]


def tell_facts(items: list[Row]) -> None:
    """Tell facts of one origin in one alert; then they are overdue no more."""
    until = datetime.now(UTC) + TELLING
    ours = [item for item in items if claim_fact(table, item, until)]
    if not ours:
        return
    tell(alerts.facts(ours), ours[0]["cause"])
    for item in ours:
        close_fact(table, {"pk": item["pk"], "sk": item["sk"]})


def tell(alert: alerts.Alert, cause: str) -> None:
    """Publish one alert, and count it."""
    alerts.publish(sns, settings.alerts_topic_arn, alert)
    measured({"cause": cause}, {"Alerts": count(1)})
    log.info("told", extra={"subject": alert.subject})
