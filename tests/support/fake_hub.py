"""A hub without AWS: a table that keeps records, and a bus that keeps what is put on it."""

from typing import Any, cast

from boto3.dynamodb.conditions import And, AttributeNotExists
from botocore.exceptions import ClientError

from changecast.announce import Hub
from changecast.registry import Customer
from tests.support.builders import registered


class FakeEvents:
    """PutEvents that keeps what it took; `answers` are error codes ("" is none), one an entry."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.calls = 0
        self.answers: list[str] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        results = []
        for entry in Entries:
            code = self.answers.pop(0) if self.answers else ""
            if not code:
                self.entries.append(entry)
            results.append({"ErrorCode": code, "ErrorMessage": "no"} if code else {"EventId": "1"})
        failed = sum("ErrorCode" in result for result in results)
        return {"Entries": results, "FailedEntryCount": failed}


class FakeTable:
    """The records of revisions: reads by change, one condition (nobody was first), one note."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.before_put: list[Any] = []

    def query(self, KeyConditionExpression: And, **_: Any) -> dict[str, Any]:  # noqa: N803
        of, prefix = (part.get_expression()["values"][1] for part in _parts(KeyConditionExpression))
        keys = sorted(key for key in self.items if key[0] == of and key[1].startswith(prefix))
        return {"Items": [dict(self.items[key]) for key in keys]}

    def put_item(
        self,
        Item: dict[str, Any],  # noqa: N803
        ConditionExpression: AttributeNotExists,  # noqa: N803
    ) -> None:
        if self.before_put and Item["sk"].startswith("record#"):
            self.before_put.pop(0)()
        assert ConditionExpression.get_expression()["values"][0].name == "pk"
        if (Item["pk"], Item["sk"]) in self.items:
            code = "ConditionalCheckFailedException"
            raise ClientError({"Error": {"Code": code, "Message": "taken"}}, "PutItem")
        self.items[Item["pk"], Item["sk"]] = Item

    def update_item(
        self,
        Key: dict[str, Any],  # noqa: N803
        UpdateExpression: str,  # noqa: N803
        ExpressionAttributeValues: dict[str, Any],  # noqa: N803
    ) -> None:
        assert UpdateExpression == "SET put_at = :at REMOVE due_key, deadline"
        self.items[Key["pk"], Key["sk"]]["put_at"] = ExpressionAttributeValues[":at"]


def _parts(condition: And) -> Any:
    return condition.get_expression()["values"]


class FakeHub(Hub):
    """A Hub that says what its fakes are."""

    table: Any
    events: Any


def fake_hub(
    customers: dict[str, Customer] | None = None, *, confidential: bool = False
) -> FakeHub:
    """A hub with acme, globex and initech registered, and maria asking."""
    who = registered() if customers is None else customers
    table, events = cast(Any, FakeTable()), cast(Any, FakeEvents())
    return FakeHub(table, events, who, "arn:aws:iam::111111111111:user/maria", confidential)
