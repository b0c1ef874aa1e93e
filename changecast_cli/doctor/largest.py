"""The size of a customer's largest run, which its quota must allow."""

from typing import TYPE_CHECKING, Any

from changecast.hub.tracking.queries import latest_of_customer
from changecast_cli.watching.runs import COUNTS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

RUNS = 100


def largest_run(table: "Table", code: str) -> int:
    """Return the most mails planned in one of the customer's last hundred runs; 0 if none."""
    return max(map(_planned, latest_of_customer(table, code, RUNS)), default=0)


def _planned(row: dict[str, Any]) -> int:
    counts = row.get("counts") or {}
    return int(counts.get(COUNTS[0], 0))
