"""How many mails a customer's largest run had: what its quota must carry."""

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from changecast_cli.watching.runs import COUNTS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

RUNS = 100


def largest_run(table: "Table", code: str) -> int:
    """The most mails planned in one of the customer's last hundred runs; 0 where there was none."""
    page = table.query(
        IndexName="by_customer",
        KeyConditionExpression=Key("customer").eq(code),
        ScanIndexForward=False,
        Limit=RUNS,
    )
    return max((_planned(row) for row in page["Items"]), default=0)


def _planned(row: dict[str, Any]) -> int:
    counts = row.get("counts") or {}
    return int(counts.get(COUNTS[0], 0))
