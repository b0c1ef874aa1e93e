"""A light client writes the same requests as botocore's own client."""

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config

from changecast.lambdas.clients import light

KEY = {"pk": {"S": "run#1#00001"}, "sk": {"S": "r#ä\u2028\U0001f4e3"}}
VALUES = {":state": {"S": 'SENT "now"\\\n'}, ":at": {"N": "1.5"}, ":yes": {"BOOL": True}}
UPDATE = {
    "TableName": "ledger",
    "Key": KEY,
    "UpdateExpression": "SET #state = :state",
    "ExpressionAttributeNames": {"#state": "state"},
    "ExpressionAttributeValues": VALUES,
}
CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("dynamodb", "get_item", {"TableName": "ledger", "Key": KEY, "ConsistentRead": True}),
    ("dynamodb", "query", {"TableName": "ledger", "KeyConditionExpression": "pk = :state",
                           "ExpressionAttributeValues": VALUES, "ConsistentRead": True}),
    ("dynamodb", "batch_get_item",
     {"RequestItems": {"ledger": {"Keys": [KEY], "ConsistentRead": True}}}),
    ("dynamodb", "put_item", {"TableName": "ledger", "Item": KEY | {"due": {"NULL": True}}}),
    ("dynamodb", "update_item", UPDATE),
    ("dynamodb", "put_item",
     {"TableName": "ledger",
      "Item": KEY | {"a": {"B": b""}, "b": {"BS": [b"1", b"2", b"1" * 999]}}}),
    ("dynamodb", "transact_write_items",
     {"TransactItems": [{"Update": UPDATE}, {"Put": {"TableName": "ledger", "Item": KEY}}],
      "ClientRequestToken": "token"}),
    ("sesv2", "send_email",
     {"FromEmailAddress": "changes@acme.example",
      "Destination": {"ToAddresses": ["p@acme.example"]},
      "Content": {"Raw": {"Data": bytes(range(256))}},
      "EmailTags": [{"Name": "k", "Value": "v"}],
      "ConfigurationSetName": "changecast",
      "ListManagementOptions": {"ContactListName": "changecast", "TopicName": "calendar"}}),
)  # fmt: skip


class Written(Exception):
    """The request that would have been sent."""


def refuse(request: Any, **_: Any) -> None:
    raise Written(request)


def client(service: str) -> Any:
    """Return a client that raises its request instead of sending it."""
    session = boto3.Session("testing", "secret", region_name="eu-west-1")
    made = session.client(service, config=Config(parameter_validation=False))  # type: ignore[call-overload]
    made.meta.events.register("before-send", refuse)
    return made


def written(client: Any, call: str, arguments: dict[str, Any]) -> Any:
    """Return the request that a call writes."""
    with pytest.raises(Written) as caught:
        getattr(client, call)(**arguments)
    return caught.value.args[0]


@pytest.mark.parametrize(
    ("service", "call", "arguments"), CALLS, ids=[call for _, call, _ in CALLS]
)
def test_the_request_is_the_same(service: str, call: str, arguments: dict[str, Any]) -> None:
    ours = written(light(client(service)), call, arguments)
    theirs = written(client(service), call, arguments)
    assert (ours.method, ours.url) == (theirs.method, theirs.url)
    assert json.loads(ours.body) == json.loads(theirs.body)
    for name in ("X-Amz-Target", "Content-Type"):
        assert ours.headers.get(name) == theirs.headers.get(name)
    assert ours.headers["Content-Length"] == str(len(ours.body))


def test_the_signature_is_about_the_whole_body() -> None:
    """The same time and keys, another value: another signature."""
    here = light(client("dynamodb"))
    signed = {
        written(here, "update_item", UPDATE | {"ExpressionAttributeValues": values})
        .headers["Authorization"]
        for values in ({":state": {"S": "SENT"}}, {":state": {"S": "HELD"}})
    }  # fmt: skip
    assert len(signed) == 2


def test_a_transaction_that_is_sent_again_is_recognised() -> None:
    request = written(light(client("dynamodb")), "transact_write_items", {"TransactItems": []})
    assert json.loads(request.body)["ClientRequestToken"]


def test_the_arguments_of_a_call_stay_as_they_were() -> None:
    """X-Ray reads the name of the table from them, after the call."""
    arguments = {"TableName": "ledger", "Key": dict(KEY)}
    written(light(client("dynamodb")), "get_item", arguments)
    assert arguments == {"TableName": "ledger", "Key": KEY}
