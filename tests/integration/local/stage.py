"""What tests of the embedded cloud set up in an account, and how they check the result."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import boto3
import botocore
from botocore.loaders import create_loader

from changecast_local.cloud import Cloud, Session
from changecast_local.environment import PREPARING

REGION = "eu-central-1"
SITE_PACKAGES = str(Path(botocore.__file__).parents[1])
SERVICES = ["events.amazonaws.com", "lambda.amazonaws.com"]
# A function sees its own zip only; those of the tests borrow the SDK of the test environment.
BORROWED = "import os, sys\nsys.path.append(os.environ['SITE_PACKAGES'])\n"


# Parsing the models of a service takes longer than most of the tests.
MODELS = create_loader()


class Account(Session):
    """An administrator's session of an account; each of its clients is made once, and closed."""

    def __init__(self, cloud: Cloud, number: str, opened: ExitStack) -> None:
        super().__init__(
            cloud.endpoint,
            user_agent=PREPARING,
            aws_access_key_id=number,
            aws_secret_access_key="any",
            region_name=REGION,
        )
        self._session.register_component("data_loader", MODELS)
        self._clients: dict[str, Any] = {}
        self._opened = opened
        self.number = number

    def client(self, service: str, **_more: Any) -> Any:  # type: ignore[override]
        """The client of a service."""
        if service not in self._clients:
            self._clients[service] = self._opened.enter_context(closing(super().client(service)))
        return self._clients[service]


def number_of(session: Account) -> str:
    """The account of a session."""
    return session.number


def trust(services: list[str]) -> str:
    """A role's trust policy: these services may take it."""
    statement = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_role(session: Account, name: str, *statements: dict[str, Any]) -> str:
    """Make a role with these statements; returns its ARN."""
    iam = session.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(SERVICES))
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)
    return str(role["Role"]["Arn"])


def allow(action: str | list[str], resource: str, **condition: Any) -> dict[str, Any]:
    """An allowing statement."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def make_queue(
    session: boto3.Session, name: str, sender: str = "events", **attributes: str
) -> tuple[str, str]:
    """A queue that a service (by default EventBridge) may send to: (URL, ARN)."""
    sqs: Any = session.client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    let_service_send(session, sender, url, arn)
    return url, arn


def let_service_send(
    session: boto3.Session, sender: str, url: str, arn: str, **condition: Any
) -> None:
    """Set a queue's policy: this service may send under this condition."""
    statement = allow("sqs:SendMessage", arn, **condition) | {
        "Principal": {"Service": f"{sender}.amazonaws.com"}
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    session.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def make_rule(
    session: Account, name: str, pattern: dict[str, Any], target: dict[str, Any], bus: str
) -> str:
    """Make a rule with one target; returns its ARN."""
    events = session.client("events")
    arn = events.put_rule(Name=name, EventPattern=json.dumps(pattern), EventBusName=bus)["RuleArn"]
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "one", **target}])
    return str(arn)


def put(session: Account, bus: str, detail: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Put one event of source `test`, type `Tested`; returns PutEvents' answer."""
    entry = {
        "Source": "test",
        "DetailType": "Tested",
        "Detail": json.dumps(detail),
        "EventBusName": bus,
        **more,
    }
    return dict(session.client("events").put_events(Entries=[entry]))


def received(session: Account, url: str, wait: int = 0) -> list[dict[str, Any]]:
    """The messages of a queue with all their attributes."""
    answer = session.client("sqs").receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
        WaitTimeSeconds=wait,
    )
    return list(answer.get("Messages", []))


def make_function(session: Account, name: str, source: str, role: str, **config: Any) -> str:
    """Make a function whose `handler` is in `source`; returns its ARN."""
    variables = {"SITE_PACKAGES": SITE_PACKAGES, **config.pop("Variables", {})}
    made = session.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="main.handler",
        Code={"ZipFile": zipped(source)},
        Environment={"Variables": variables},
        **{"Timeout": 10, **config},
    )
    return str(made["FunctionArn"])


def zipped(source: str) -> bytes:
    """A package whose `main.py` is `source`."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as code:
        code.writestr("main.py", source)
    return package.getvalue()


def invoke(session: Account, name: str, event: Any = None) -> tuple[Any, str | None]:
    """Invoke and wait: (what came back, the kind of error if it failed)."""
    answer = session.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


def eventually(look: Callable[[], Any], seconds: float = 120.0) -> Any:
    """Return the first true value of `look`; AssertionError if there is none in time."""
    until = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < until, f"nothing within {seconds} s"
        time.sleep(0.02)
    return seen
