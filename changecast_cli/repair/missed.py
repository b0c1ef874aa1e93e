"""Changes that a customer may have missed while its route or its account was broken."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from changecast.contract.change import utc
from changecast.contract.delivery_reported import RunState
from changecast.contract.pause_code import pause_of
from changecast.hub.announcing.announce import STATUS_TABLE
from changecast.hub.routes import route_name
from changecast.hub.tracking.commands import REANNOUNCE, REPLAY, REPLAY_DAYS, RESUME, filled
from changecast.hub.tracking.findings import ANNOUNCED, SILENT
from changecast.hub.tracking.table import Row, statuses_of_customer
from changecast_cli.doctor.health import waiting
from changecast_cli.watching.silence import PATIENCE

if TYPE_CHECKING:
    import boto3

LOOK_BACK, MOST = timedelta(days=REPLAY_DAYS), 10
_UNHEARD = frozenset({ANNOUNCED, *SILENT})


def rows_of(hub: "boto3.Session", code: str, now: datetime) -> Iterator[Row]:
    """Return a customer's statuses of the last two weeks."""
    table = hub.resource("dynamodb").Table(STATUS_TABLE)
    return statuses_of_customer(table, code, utc(now - LOOK_BACK))


def waiting_runs(hub: "boto3.Session", code: str, now: datetime) -> Iterator[tuple[str, int]]:
    """Yield the customer's newest runs that are paused or without a report, however young."""
    for change_id, row in _newest(rows_of(hub, code, now)).items():
        if row["state"] == RunState.PAUSED or row["state"] in _UNHEARD:
            yield change_id, int(row["revision"])


def letters_of_route(hub: "boto3.Session", code: str) -> int:
    """Return about how many dead letters the customer's route has."""
    sqs = hub.client("sqs")
    try:
        url = sqs.get_queue_url(QueueName=route_name(code))["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        return 0
    return waiting(sqs, url)


def resumptions(code: str, rows: Iterable[Row]) -> list[str]:
    """Return the commands that resume the paused runs, except those that resume automatically."""
    found = []
    for change_id, row in _newest(rows).items():
        cause = pause_of(row)
        if row["state"] == RunState.PAUSED and not (cause and cause.automatic):
            found.append(filled(RESUME, change_id, code))
    return found


def commands(
    code: str,
    rows: Iterable[Row],
    now: datetime,
    patience: timedelta = PATIENCE,
    letters: int = 0,
) -> list[str]:
    """Return a command for each change without a report, or one for all if there are many.

    Dead letters of the route need a replay, which repeats the other changes too. Younger
    announcements than `patience` are left out, because their report may be on its way.
    """
    unheard = [row for row in _unheard(rows) if row["announced_at"] <= utc(now - patience)]
    if letters or len(unheard) > MOST:
        return [filled(REPLAY, "", code)]
    return [_reannounce(code, row) for row in unheard]


def young(code: str, rows: Iterable[Row], now: datetime) -> list[str]:
    """Return the commands for changes whose report may still be on its way, newest last."""
    return [
        _reannounce(code, row)
        for row in _unheard(rows)
        if row["announced_at"] > utc(now - PATIENCE)
    ][-MOST:]


def _unheard(rows: Iterable[Row]) -> list[Row]:
    return [row for row in _newest(rows).values() if row["state"] in _UNHEARD]


def _reannounce(code: str, row: Row) -> str:
    return filled(REANNOUNCE, row["change_id"], code)


def _newest(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the row of each change's newest valid revision."""
    newest: dict[str, Row] = {}
    for row in rows:
        known = newest.get(row["change_id"])
        if not row.get("discarded") and (not known or known["revision"] < row["revision"]):
            newest[row["change_id"]] = row
    return newest
