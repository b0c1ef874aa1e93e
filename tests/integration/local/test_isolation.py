"""With IAM evaluated, a function reaches what its role allows, and no other account."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.local import stage

Account = Callable[[], stage.Account]

CALL = (
    stage.BORROWED
    + """
import boto3
from botocore.exceptions import ClientError
def handler(event, context):
    client = boto3.client(event["service"], region_name=event.get("region"))
    try:
        getattr(client, event["operation"])(**event["arguments"])
        return "done"
    except ClientError as error:
        return error.response["Error"]["Code"]
"""
)


@pytest.fixture
def two(account: Account) -> tuple[stage.Account, stage.Account]:
    """Two accounts, each with a queue and a table; the first also has a function."""
    here, there = account(), account()
    for session in (here, there):
        for name in ("allowed", "other"):
            session.client("sqs").create_queue(QueueName=name)
            session.client("dynamodb").create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
    mine = stage.number_of(here)
    role = stage.make_role(
        here,
        "limited",
        stage.allow("sqs:SendMessage", f"arn:aws:sqs:{stage.REGION}:{mine}:allowed"),
        stage.allow("dynamodb:GetItem", f"arn:aws:dynamodb:{stage.REGION}:{mine}:table/allowed"),
    )
    stage.make_function(here, "probe", CALL, role)
    return here, there


def outcome(here: stage.Account, service: str, operation: str, **arguments: Any) -> str:
    """Return the result of this call by `probe`: "done", or the error code."""
    event = {"service": service, "operation": operation, "arguments": arguments}
    answer, error = stage.invoke(here, "probe", event)
    assert error is None, answer
    return str(answer)


def queue_url(session: stage.Account, name: str) -> str:
    return str(session.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


Two = tuple[stage.Account, stage.Account]
KEY = {"k": {"S": "1"}}


def test_a_function_does_what_its_role_allows(two: Two) -> None:
    here, _ = two
    sent = outcome(
        here, "sqs", "send_message", QueueUrl=queue_url(here, "allowed"), MessageBody="1"
    )
    read = outcome(here, "dynamodb", "get_item", TableName="allowed", Key=KEY)
    assert (sent, read) == ("done", "done")


def test_a_function_does_nothing_else_in_its_own_account(two: Two) -> None:
    here, _ = two
    url = queue_url(here, "other")
    assert "AccessDenied" in outcome(here, "sqs", "send_message", QueueUrl=url, MessageBody="1")
    url = queue_url(here, "allowed")
    assert "AccessDenied" in outcome(here, "sqs", "receive_message", QueueUrl=url)
    for table, operation, more in [
        ("other", "get_item", {"Key": KEY}),
        ("allowed", "put_item", {"Item": KEY}),
        ("allowed", "delete_table", {}),
    ]:
        assert "AccessDenied" in outcome(here, "dynamodb", operation, TableName=table, **more)
    assert "AccessDenied" in outcome(here, "s3", "list_buckets")
    assert "AccessDenied" in outcome(here, "iam", "list_roles")
    assert "AccessDenied" in outcome(
        here, "ssm", "put_parameter", Name="x", Value="1", Type="String"
    )


def test_a_function_reaches_no_queue_and_no_table_of_another_account(two: Two) -> None:
    here, there = two
    url = queue_url(there, "allowed")
    assert "AccessDenied" in outcome(here, "sqs", "send_message", QueueUrl=url, MessageBody="1")
    assert "AccessDenied" in outcome(here, "sqs", "receive_message", QueueUrl=url)
    arn = f"arn:aws:dynamodb:{stage.REGION}:{stage.number_of(there)}:table/allowed"
    assert "AccessDenied" in outcome(here, "dynamodb", "get_item", TableName=arn, Key=KEY)
    assert stage.received(there, url) == []


def test_a_function_takes_no_role_of_another_account(two: Two) -> None:
    here, there = two
    stage.make_role(there, "admin", stage.allow("*", "*"))
    arn = f"arn:aws:iam::{stage.number_of(there)}:role/admin"
    assert "AccessDenied" in outcome(here, "sts", "assume_role", RoleArn=arn, RoleSessionName="me")


def test_a_role_that_may_nothing_may_not_even_write_traces(two: Two) -> None:
    here, _ = two
    documents: list[str] = []
    denied = outcome(here, "xray", "put_trace_segments", TraceSegmentDocuments=documents)
    assert "AccessDenied" in denied
