"""The hub's table, queue and registry in moto, made as the template says.

AWS is made once a module and emptied for each test: making it anew takes half a second.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Protocol

import boto3
import pytest
from moto import mock_aws

from changecast.registry import PREFIX
from tests.support.builders import registered
from tests.support.templates import resource

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-central-1",
}


@pytest.fixture(scope="module")
def made() -> Iterator[Any]:
    """AWS, with the hub's table in it."""
    properties = resource("hub/template.yaml", "StatusTable")
    wanted = ("TableName", "BillingMode", "AttributeDefinitions", "KeySchema",
              "GlobalSecondaryIndexes")  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        with mock_aws():
            dynamodb = boto3.resource("dynamodb")
            yield dynamodb.create_table(**{name: properties[name] for name in wanted})


@pytest.fixture
def table(made: Any) -> Any:
    """The status table, empty."""
    empty(made)
    return made


def empty(table: Any) -> None:
    """Take everything out of a table of the hub."""
    while items := table.scan()["Items"]:
        for item in items:
            table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})


@pytest.fixture
def ssm(made: Any) -> Any:
    """The parameters, none at first."""
    client = boto3.client("ssm")
    pages = client.get_paginator("describe_parameters").paginate()
    for name in [one["Name"] for page in pages for one in page["Parameters"]]:
        client.delete_parameter(Name=name)
    return client


class Register(Protocol):
    """Writes the registry entries of customers, as their route stacks do."""

    def __call__(self, *codes: str) -> None: ...


@pytest.fixture
def register(ssm: Any) -> Register:
    def write(*codes: str) -> None:
        for code in codes:
            value = json.dumps(asdict(registered(code)[code]))
            ssm.put_parameter(Name=PREFIX + code, Value=value, Type="String")

    return write
