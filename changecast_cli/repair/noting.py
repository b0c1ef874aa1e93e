"""Note in the history of changes what an operator did, and with whose credentials."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.change import utc
from changecast.hub.announcing.announce import STATUS_TABLE
from changecast.hub.tracking.operator_actions import (
    Action,
    OperatorAction,
    newest_report,
    note_actions,
)
from changecast_cli.failures import explained, warn

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_dynamodb.service_resource import Table


def note(
    hub: "boto3.Session",
    action: Action,
    customer: str,
    runs: Iterable[tuple[str, int]],
    says: str = "",
) -> None:
    """Note an action on a customer's runs, each a change and a revision.

    The action is done already, so if the hub refuses the note, or to read `runs` from it, only a
    warning is printed.
    """
    try:
        by = hub.client("sts").get_caller_identity()["Arn"]
        table = hub.resource("dynamodb").Table(STATUS_TABLE)
        at = utc(datetime.now(UTC))
        done = [
            OperatorAction(change_id, revision, customer, action, by, at, says)
            for change_id, revision in dict.fromkeys(runs)
        ]
        note_actions(table, [_after_reports(table, one) for one in done])
    except (ClientError, BotoCoreError) as error:
        warn(f"this was done, but could not be added to the history: {explained(error)}")


def _after_reports(table: "Table", one: OperatorAction) -> OperatorAction:
    newest = newest_report(table, one.change_id, one.revision, one.to)
    return replace(one, after_seq=newest)
