"""DynamoDB as the ledger and the status table need it: what ministack must do correctly.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.local import stage

Account = Callable[[], stage.Account]
Item = dict[str, Any]
ABSENT = "attribute_not_exists(pk)"


class Table:
    """A table like the ledger: pk, sk, and the sparse index `due` over due, due_at."""

    def __init__(self, session: stage.Account) -> None:
        self.client = session.client("dynamodb")
        kinds = {"pk": "S", "sk": "S", "due": "S", "due_at": "N"}
        self.client.create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()
            ],
            KeySchema=_keys("pk", "sk"),
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "due",
                    "KeySchema": _keys("due", "due_at"),
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["run"]},
                }
            ],
        )

    def put(self, key: str, **values: Item) -> Item:
        """A Put of a new item, for a transaction."""
        item = {**_key(key), **values}
        return {"Put": {"TableName": "ledger", "Item": item, "ConditionExpression": ABSENT}}

    def update(self, key: str, change: str, condition: str, **values: Item) -> Item:
        """An Update, for a transaction."""
        named = {f":{name}": value for name, value in values.items()}
        update = {
            "TableName": "ledger",
            "Key": _key(key),
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": named,
        }
        return {"Update": update}

    def write(self, *items: Item, **more: Any) -> None:
        """TransactWriteItems."""
        self.client.transact_write_items(TransactItems=list(items), **more)

    def read(self, key: str) -> Item | None:
        """The item, consistently, None if there is none."""
        found = self.client.get_item(TableName="ledger", Key=_key(key), ConsistentRead=True)
        return dict(found["Item"]) if "Item" in found else None

    def due(self, until: int) -> list[Item]:
        """What the index lists up to a time."""
        page = self.client.query(
            TableName="ledger",
            IndexName="due",
            KeyConditionExpression="due = :yes AND due_at <= :until",
            ExpressionAttributeValues={":yes": {"S": "yes"}, ":until": _n(until)},
        )
        return list(page["Items"])


def _keys(partition: str, sort: str) -> list[Item]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def _key(key: str) -> Item:
    return {"pk": {"S": "run#1"}, "sk": {"S": key}}


def _n(number: float) -> Item:
    return {"N": str(number)}


@pytest.fixture
def table(account: Account) -> Table:
    return Table(account())


def test_a_transaction_writes_all_or_nothing_and_gives_its_reasons_in_order(table: Table) -> None:
    table.write(table.put("b"))
    with pytest.raises(ClientError) as cancelled:
        table.write(table.put("a"), table.put("b"), table.put("c"))
    response: Any = cancelled.value.response
    assert response["Error"]["Code"] == "TransactionCanceledException"
    codes = [reason["Code"] for reason in response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed", "None"]
    assert table.read("a") is table.read("c") is None


def test_a_claim_moves_the_state_and_the_counts_together(table: Table) -> None:
    table.write(table.put("r#1", state={"S": "PLANNED"}, attempt=_n(0)))
    table.write(table.put("batch", n_PLANNED=_n(1), version=_n(1)))
    claim = table.update(
        "r#1",
        "SET attempt = :next, lease_until = :lease",
        "attempt = :read",
        next=_n(1),
        lease=_n(120.5),
        read=_n(0),
    )
    counts = table.update(
        "batch",
        "SET not_before = :at REMOVE due, due_at "
        "ADD n_PLANNED :less, n_SENDING :more, version :one",
        "version = :version",
        at=_n(5),
        less=_n(-1),
        more=_n(1),
        one=_n(1),
        version=_n(1),
    )
    table.write(claim, counts)
    batch, recipient = table.read("batch"), table.read("r#1")
    assert batch is not None
    assert recipient is not None
    assert (batch["n_PLANNED"], batch["n_SENDING"]) == (_n(0), _n(1))
    assert (recipient["attempt"], recipient["lease_until"]) == (_n(1), _n(120.5))
    with pytest.raises(ClientError) as lost:
        table.write(claim, counts)
    reasons: Any = lost.value.response
    assert [each["Code"] for each in reasons["CancellationReasons"]] == [
        "ConditionalCheckFailed",
        "ConditionalCheckFailed",
    ]


def test_a_transaction_takes_a_hundred_items_and_no_more(table: Table) -> None:
    table.write(*(table.put(f"r#{number}") for number in range(100)))
    with pytest.raises(ClientError, match="ValidationException"):
        table.write(*(table.put(f"s#{number}") for number in range(101)))
    assert table.read("r#99") is not None
    assert table.read("s#0") is None


def test_a_transaction_names_an_item_once(table: Table) -> None:
    with pytest.raises(ClientError, match="cannot include multiple operations on one item"):
        table.write(table.put("a"), table.put("a"))


def test_a_transaction_that_comes_again_with_its_token_is_applied_once(table: Table) -> None:
    add = {
        "Update": {
            "TableName": "ledger",
            "Key": _key("count"),
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": _n(1)},
        }
    }
    table.write(add, ClientRequestToken="token")
    table.write(add, ClientRequestToken="token")
    found = table.read("count")
    assert found is not None
    assert found["n"] == _n(1)


def test_an_update_on_a_missing_item_fails_its_condition_and_makes_nothing(table: Table) -> None:
    with pytest.raises(ClientError) as refused:
        table.client.update_item(
            TableName="ledger",
            Key=_key("none"),
            UpdateExpression="SET a = :a",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":a": _n(1)},
        )
    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert table.read("none") is None


def test_a_counter_begins_at_nothing_and_gives_its_new_value(table: Table) -> None:
    def next_() -> Item:
        answer = table.client.update_item(
            TableName="ledger",
            Key=_key("report_seq"),
            UpdateExpression="ADD report_seq :one",
            ExpressionAttributeValues={":one": _n(1)},
            ReturnValues="UPDATED_NEW",
        )
        return dict(answer["Attributes"])

    assert [next_(), next_()] == [{"report_seq": _n(1)}, {"report_seq": _n(2)}]


def test_a_condition_may_compare_what_is_not_there(table: Table) -> None:
    def newest(seq: int) -> bool:
        try:
            table.client.update_item(
                TableName="ledger",
                Key=_key("status"),
                UpdateExpression="SET report_seq = :seq, title = if_not_exists(title, :title)",
                ConditionExpression="attribute_not_exists(report_seq) OR report_seq < :seq",
                ExpressionAttributeValues={":seq": _n(seq), ":title": {"S": f"from {seq}"}},
            )
        except ClientError:
            return False
        return True

    assert [newest(seq) for seq in (2, 1, 2, 10)] == [True, False, False, True]
    found = table.read("status")
    assert found is not None
    assert found["title"] == {"S": "from 2"}


def test_the_sparse_index_lists_by_time_only_what_is_due_and_only_what_it_projects(
    table: Table,
) -> None:
    def batch(key: str, at: float) -> Item:
        return table.put(
            key, due={"S": "yes"}, due_at=_n(at), run={"S": key}, secret={"S": "address"}
        )

    table.write(batch("late", 100.5), batch("soon", 9), batch("much-later", 500), table.put("done"))
    found = stage.eventually(lambda: table.due(until=200))
    assert [item["run"]["S"] for item in found] == ["soon", "late"]
    assert all("secret" not in item for item in found)
    table.client.update_item(
        TableName="ledger", Key=_key("soon"), UpdateExpression="REMOVE due, due_at"
    )
    assert [item["run"]["S"] for item in table.due(until=200)] == ["late"]


def test_a_query_reads_a_partition_in_order_page_by_page(table: Table) -> None:
    table.write(*(table.put(f"r#{number:02d}") for number in range(7)), table.put("batch"))
    seen: list[str] = []
    more: Item = {}
    while True:
        page = table.client.query(
            TableName="ledger",
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": "run#1"}, ":sk": {"S": "r#"}},
            Limit=3,
            ConsistentRead=True,
            **more,
        )
        seen += [item["sk"]["S"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert seen == [f"r#{number:02d}" for number in range(7)]


def test_a_consistent_read_of_an_index_is_refused(table: Table) -> None:
    with pytest.raises(ClientError, match="Consistent reads are not supported"):
        table.client.query(
            TableName="ledger",
            IndexName="due",
            KeyConditionExpression="due = :yes",
            ExpressionAttributeValues={":yes": {"S": "yes"}},
            ConsistentRead=True,
        )


def test_a_batch_read_takes_a_hundred_keys(table: Table) -> None:
    table.write(*(table.put(f"r#{number}") for number in range(100)))

    def get(count: int) -> int:
        keys = [_key(f"r#{number}") for number in range(count)]
        answer = table.client.batch_get_item(RequestItems={"ledger": {"Keys": keys}})
        return len(answer["Responses"]["ledger"])

    assert get(100) == 100
    with pytest.raises(ClientError, match="ValidationException"):
        get(101)


def test_two_claims_at_once_cannot_both_win(table: Table) -> None:
    """Each request is handled whole: of many conditional updates of one version one succeeds."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    table.write(table.put("r#1", attempt=_n(0)))
    claim = table.update("r#1", "SET attempt = :next", "attempt = :read", next=_n(1), read=_n(0))

    def won(_: int) -> bool:
        try:
            table.write(claim)
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(won, range(16))) == 1
