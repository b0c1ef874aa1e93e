"""Accounts of the embedded cloud that have a contact list and nobody on it."""

from collections.abc import Iterator
from itertools import count

import pytest

from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.pacing import CallPace
from changecast_cli.contacts.topics_known import TOPICS
from changecast_local.cloud import Cloud, running

numbers = count(600000000001)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with running() as cloud:
        yield cloud


@pytest.fixture
def here(cloud: Cloud) -> OpenList:
    return empty_list(cloud)


@pytest.fixture
def elsewhere(cloud: Cloud) -> OpenList:
    return empty_list(cloud)


def empty_list(cloud: Cloud) -> OpenList:
    """The list of an account that nobody else has, and a bucket for imports."""
    account = str(next(numbers))
    session = cloud.preparing(account)
    ses, bucket = session.client("sesv2"), f"imports-{account}"
    ses.create_contact_list(ContactListName="changecast", Topics=list(TOPICS))
    session.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    return OpenList(session, ses, "changecast", bucket, CallPace(100_000))
