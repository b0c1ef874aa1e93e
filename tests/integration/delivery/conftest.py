"""An account for tests: its ledger once in moto, once in the fake table of the simulation."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from changecast.customer.ledger.table import PATIENCE
from changecast.lambdas.clients import light
from testbed.doubles.account import Account
from testbed.doubles.dynamodb import Table
from testbed.doubles.s3 import S3
from testbed.doubles.ses import Ses

REGION = "eu-west-1"
PROJECTED = ["run", "number", "change_id", "revision", "paused", "held"]


@pytest.fixture(params=["moto", "memory"])
def stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """(table, S3) clients."""
    if request.param == "memory":
        yield Table(), S3()
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield moto_table(), moto_bucket()


@pytest.fixture
def account(stores: Any) -> Account:
    """An account with five subscribers, one of whom wants calendar entries."""
    table, s3 = stores
    people = [f"p{number}@acme.example" for number in range(1, 6)]
    contacts = {"announcements": people, "approvals": people[:2], "calendar": people[:1]}
    return Account(ses=Ses(contacts=contacts), table=table, s3=s3)


def moto_table() -> Any:
    """The ledger's table as the template makes it."""
    client = light(boto3.client("dynamodb", region_name=REGION, config=PATIENCE))
    client.create_table(
        TableName="ledger",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "due", "AttributeType": "S"},
            {"AttributeName": "due_at", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [
                    {"AttributeName": "due", "KeyType": "HASH"},
                    {"AttributeName": "due_at", "KeyType": "RANGE"},
                ],
                "Projection": {
                    "ProjectionType": "INCLUDE",
                    "NonKeyAttributes": PROJECTED,
                },
            }
        ],
    )
    return client


def moto_bucket() -> Any:
    """The mails bucket."""
    client = boto3.client("s3", region_name=REGION)
    client.create_bucket(
        Bucket="mails", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    return client
