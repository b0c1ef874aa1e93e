"""The hub's table, queue and registry in moto, made as the template says.

AWS is made once a module and emptied for each test: making it anew takes half a second.
"""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import cache
from typing import Any, Protocol
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from changecast.hub.registry import PREFIX, Accounts
from changecast.hub.tracking.schema import attributes_of
from changecast.hub.tracking.table import Row, statuses
from testbed.templates import resource
from tests.support.builders import registered

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
        patch.setattr(boto3, "client", _once(boto3.client))
        with mock_aws():
            dynamodb = boto3.resource("dynamodb")
            yield dynamodb.create_table(**{name: properties[name] for name in wanted})


def _once(make: Callable[..., Any]) -> Callable[..., Any]:
    """Make a client of a service once for a module, which takes 20 ms."""
    kept = cache(make)

    def client(service: str, *words: Any, **more: Any) -> Any:
        return make(service, *words, **more) if words or more else kept(service)

    return client


@pytest.fixture
def table(made: Any) -> Iterator[Any]:
    """The status table, empty; what a test leaves there has no attribute but the schema's."""
    empty(made)
    yield made
    for item in made.scan()["Items"]:
        assert set(item) <= attributes_of(item), item


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


class Tracker:
    """The function with its queue of dead letters."""

    def __init__(self, module: Any, table: Any, dead_letters: str) -> None:
        self.module, self.table, self.url = module, table, dead_letters

    def handle(self, *bodies: Any) -> list[str]:
        """Handle messages in one batch; returns those that go back to the queue."""
        records = [
            {"messageId": str(number), "body": body if isinstance(body, str) else json.dumps(body)}
            for number, body in enumerate(bodies)
        ]
        answer = self.module.handler({"Records": records}, None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def parked(self) -> list[str]:
        """The codes of what was parked."""
        found = boto3.client("sqs").receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        messages = found.get("Messages", [])
        return [message["MessageAttributes"]["code"]["StringValue"] for message in messages]

    def row(self, code: str = "acme") -> Row:
        return next(one for one in statuses(self.table, "CHG-1") if one["customer"] == code)


class Bus:
    """Takes what the tracker puts."""

    def __init__(self) -> None:
        self.put: list[dict[str, Any]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803 - boto3's name
        self.put += [json.loads(entry["Detail"]) for entry in Entries]
        return {"Entries": [{} for _ in Entries]}


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture(scope="module")
def module(made: Any) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STATUS_TABLE", made.name)
        patch.setenv("STATUS_DLQ_URL", "set by each test")
        patch.setenv("HUB_BUS", "changecast-hub")
        patch.setenv("REPORT_DEADLINE_MINUTES", "15")
        sys.modules.pop("track_status", None)
        yield importlib.import_module("track_status")
        sys.modules.pop("track_status", None)


@pytest.fixture
def tracker(module: Any, table: Any, ssm: Any, register: Any, bus: Bus) -> Tracker:
    register("acme")
    url = boto3.client("sqs").create_queue(QueueName=f"dead-{uuid4()}")["QueueUrl"]
    settings = replace(module.settings, status_dlq_url=url)
    module.tracker = replace(
        module.tracker, table=table, accounts=Accounts(ssm), events=bus, settings=settings
    )
    return Tracker(module, table, url)
