"""A person's address in an account's ledger: where it stands, and how it is emptied.

Nothing in the ledger is found by an address, so the whole table is read: for a rare verb of an
administrator, and for no role of ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from changecast.conditions import lost_condition
from changecast.ledger_items import Item, decode, encode
from changecast.recipients import normalise
from changecast.states import OPEN, State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Without the address nobody can be sent to any more, so it stays while that may still happen.
UNFINISHED = OPEN | {State.HELD}


@dataclass(frozen=True)
class Found:
    """Items with the address, by what can be done: `done` can be emptied, `unfinished` not yet."""

    done: tuple[Item, ...]
    unfinished: tuple[Item, ...]

    @property
    def runs(self) -> list[str]:
        """The runs that may still send to the person."""
        return sorted({item["pk"]["S"].split("#")[1] for item in self.unfinished})


def find_address(
    client: "DynamoDBClient", table: str, address: str, page_read: Callable[[int], None]
) -> Found:
    """Every recipient's item with the address; `page_read` hears how many items a page had.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
    """
    request: Any = {
        "TableName": table,
        "ConsistentRead": True,
        "FilterExpression": "address = :address",
        "ProjectionExpression": "pk, sk, #state",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": encode({":address": normalise(address)}),
    }
    found: list[Any] = []
    while True:
        page = client.scan(**request)
        page_read(page["ScannedCount"])
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    is_done: dict[bool, list[Item]] = {True: [], False: []}
    for item in found:
        is_done[State(decode(item)["state"]) not in UNFINISHED].append(item)
    return Found(tuple(is_done[True]), tuple(is_done[False]))


def empty_address(client: "DynamoDBClient", table: str, address: str, item: Item) -> bool:
    """Replace the address of one item by nothing; False where the recipient has moved meanwhile.

    State, attempt, SES's message id and the counts of the batch stay.
    """
    try:
        client.update_item(
            TableName=table,
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="SET address = :nothing",
            ConditionExpression="address = :address AND #state = :state",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues=encode({":nothing": "", ":address": normalise(address)})
            | {":state": item["state"]},
        )
    except ClientError as error:
        if not lost_condition(error):
            raise
        return False
    return True
