"""An embedded cloud for each module, and a fresh account for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from changecast_local.cloud import Cloud, running
from changecast_local.environment import PREPARING, SECRET
from tests.integration.local.ses import given

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_numbers = count(1)
# One session for all accounts: each of its own would read botocore's models again.
_SESSION: Any = boto3.Session()

Client = Callable[..., Any]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with running(auth=False) as started:
        yield started


@pytest.fixture
def account() -> str:
    return f"{next(_numbers):012d}"


@pytest.fixture
def client(cloud: Cloud, account: str) -> Iterator[Client]:
    """Makes clients of the account, by service; without being told they do not retry.

    SES does not count their requests unless `hurried`: what they look at is each of its other
    facts, one call after the other. test_request_limit.py looks at the limit.
    """
    with ExitStack() as opened:

        def make(
            service: str, region: str = given.REGION, retries: int = 1, *, hurried: bool = False
        ) -> Any:
            made = _SESSION.client(
                service,
                endpoint_url=cloud.endpoint,
                region_name=region,
                aws_access_key_id=account,
                aws_secret_access_key=SECRET,
                config=Config(
                    retries={"total_max_attempts": retries},
                    user_agent_extra="" if hurried else PREPARING,
                ),
            )
            opened.callback(made.close)
            return made

        yield make


@pytest.fixture
def ses(client: Client) -> "SESV2Client":
    made: SESV2Client = client("sesv2")
    return made


@pytest.fixture
def sender(ses: "SESV2Client") -> "SESV2Client":
    """SES of an account that can send."""
    given.an_account_that_sends(ses)
    return ses


@pytest.fixture
def heard(
    client: Client, account: str, sender: "SESV2Client"
) -> Callable[[], list[dict[str, Any]]]:
    """Return SES's events on the account's default bus since the last call."""
    sqs = client("sqs")
    url = given.hear_events(sender, sqs, client("events"), account)
    return lambda: given.heard(sqs, url)
