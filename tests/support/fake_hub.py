"""A hub without AWS: a table that keeps records, and a bus that keeps what is put on it."""

from types import SimpleNamespace
from typing import Any, cast

from boto3.dynamodb.conditions import And, AttributeNotExists, Equals
from botocore.exceptions import ClientError

from changecast.hub.announcing.announce import Hub
from changecast.hub.registry import Customer
from tests.support.builders import registered


class FakeEvents:
    """PutEvents that keeps what it took; `answers` are error codes ("" is none), one an entry.

    Every registered customer has a rule; those of `disabled` codes are disabled.
    """

    def __init__(self) -> None:
        self.disabled: set[str] = set()
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

    def describe_rule(self, Name: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        is_off = Name.removeprefix("changecast-route-") in self.disabled
        return {"State": "DISABLED" if is_off else "ENABLED"}

    def list_targets_by_rule(self, **_: Any) -> dict[str, Any]:
        return {"Targets": [{"Arn": customer.bus_arn} for customer in registered().values()]}


class FakeTable:
    """The records of revisions: reads by change, one condition (nobody was first), one note."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.before_put: list[Any] = []
        self.name, self.meta = "changecast-status", SimpleNamespace(client=self)

    def get_item(self, Key: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        item = self.items.get((Key["pk"], Key["sk"]))
        return {"Item": dict(item)} if item else {}

    def query(
        self,
        KeyConditionExpression: And | Equals,  # noqa: N803
        **_: Any,
    ) -> dict[str, Any]:
        of, prefix = (*_values(KeyConditionExpression), "")[:2]
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


def _values(condition: And | Equals) -> list[str]:
    parts = [condition] if isinstance(condition, Equals) else condition.get_expression()["values"]
    return [part.get_expression()["values"][1] for part in parts]


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
