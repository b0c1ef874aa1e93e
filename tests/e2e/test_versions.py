"""Hub and customers of neighbouring releases understand each other; others refuse, and say so."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from boto3.dynamodb.conditions import Key

from changecast.contract.envelope import NOT_UNDERSTOOD
from changecast_cli.local.stage import HUB
from testbed.fleet import shared_builds
from tests.support.provider import Provider, document, eventually
from tests.support.releases import AFTER_NEXT, NEXT, Release, running

CONTACTS = 5


@pytest.fixture(scope="module")
def built(provider: Provider) -> dict[str, bytes]:
    """Each side's package, as everybody runs it."""
    return shared_builds(provider.stage, provider.cloud).packages()


@contextmanager
def customer(
    provider: Provider, code: str, built: dict[str, bytes], release: Release
) -> Iterator[None]:
    with running(provider.session(code), "changecast", built["customer"], release):
        yield


@contextmanager
def hub(provider: Provider, built: dict[str, bytes], release: Release) -> Iterator[None]:
    with running(provider.cloud.session(HUB.account), "changecast-hub", built["hub"], release):
        yield


def drop(provider: Provider, change: dict[str, Any]) -> str:
    """Announce by the hub's own functions: by whatever release it runs."""
    s3 = provider.cloud.session(HUB.account).client("s3")
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if "intake" in one["Name"]]
    body = json.dumps(change).encode()
    s3.put_object(Bucket=bucket, Key=f"incoming/{change['changeId']}.json", Body=body)
    return str(change["changeId"])


def states(provider: Provider, change_id: str) -> dict[str, str]:
    return {code: one["state"] for code, one in provider.status(change_id)["customers"].items()}


def bring_back(provider: Provider, account: str, dead: str, queue: str, change_id: str) -> None:
    """What the runbook says to do once the side that was behind is upgraded; others stay there."""
    sqs = provider.cloud.session(account).client("sqs")
    (url,) = [url for url in sqs.list_queues()["QueueUrls"] if dead in url]
    (target,) = [url for url in sqs.list_queues()["QueueUrls"] if queue in url]
    codes = set()
    while letters := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=60
    ).get("Messages"):
        for letter in letters:
            if change_id in letter["Body"]:
                codes.add(letter["MessageAttributes"]["code"]["StringValue"])
                sqs.send_message(QueueUrl=target, MessageBody=letter["Body"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
    assert codes == {NOT_UNDERSTOOD}


def test_a_customer_may_be_a_release_ahead_of_the_hub(
    provider: Provider, built: dict[str, bytes]
) -> None:
    with customer(provider, "initech", built, NEXT):
        run = provider.announce_and_wait(document(customers=["acme", "initech"]))
    assert {one["state"] for one in run["customers"].values()} == {"sent"}
    assert len(provider.mails(run["change_id"], "initech")) == CONTACTS


def test_the_hub_may_be_a_release_ahead_of_its_customers(
    provider: Provider, built: dict[str, bytes]
) -> None:
    with hub(provider, built, NEXT):
        change_id = drop(provider, document(customers=["acme", "initech"]))
        eventually(lambda: states(provider, change_id) == {"acme": "sent", "initech": "sent"}, 60)
    assert len(provider.mails(change_id)) == 2 * CONTACTS


def test_a_report_two_releases_ahead_is_told_and_kept_until_the_hub_reads_it(
    provider: Provider, built: dict[str, bytes]
) -> None:
    account = provider.account("initech")
    with ExitStack() as stack:
        stack.enter_context(customer(provider, "initech", built, AFTER_NEXT))
        announced = provider.announce(document(customers=["acme", "initech"]))
        told = {"acme": "sent", "initech": "announced"}
        eventually(lambda: states(provider, announced.change_id) == told, 60)
        eventually(lambda: len(provider.mails(announced.change_id, "initech")) == CONTACTS)
        key = Key("pk").eq(f"unplaced#{account}")

        def facts() -> list[dict[str, Any]]:
            found = provider.table.query(KeyConditionExpression=key)["Items"]
            return [fact for fact in found if fact["change_id"] == announced.change_id]

        for fact in eventually(facts):  # one for each report: a run may draw several
            assert fact["cause"] == NOT_UNDERSTOOD
            assert "cannot read event version '2', only 1" in str(fact["message"])
        stack.enter_context(hub(provider, built, NEXT))
        bring_back(provider, HUB.account, "StatusDeadLetters", "StatusQueue", announced.change_id)
        well = {"acme": "sent", "initech": "sent"}
        eventually(lambda: states(provider, announced.change_id) == well)


def test_an_announcement_two_releases_ahead_is_refused_with_the_reason_until_it_is_read(
    provider: Provider, built: dict[str, bytes]
) -> None:
    with hub(provider, built, AFTER_NEXT), ExitStack() as stack:
        change_id = drop(provider, document(customers=["acme"]))
        eventually(lambda: states(provider, change_id) == {"acme": "rejected"}, 60)
        reason = provider.status(change_id)["customers"]["acme"]["rejection"]
        assert reason["code"] == NOT_UNDERSTOOD
        assert provider.mails(change_id) == []
        stack.enter_context(customer(provider, "acme", built, NEXT))
        account = provider.account("acme")
        bring_back(provider, account, "AnnouncementsDeadLetters", "AnnouncementsQueue", change_id)
        eventually(lambda: states(provider, change_id) == {"acme": "sent"}, 60)
    assert len(provider.mails(change_id)) == CONTACTS
