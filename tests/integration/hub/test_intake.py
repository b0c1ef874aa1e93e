"""A dropped file is announced once, or rejected with a reason that people can read."""

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import boto3
import pytest

from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.envelope import EVENT_LIMIT
from changecast.hub.announcing.announce import connect
from changecast.hub.tracking.freezes import CustomerFreezes, FrozenTime, keep_freezes
from tests.support.builders import document
from tests.support.canary import SENTENCE, tells_the_sentence
from tests.support.fake_hub import FakeEvents
from tests.support.hostile import BODIES, CODES


class Dropping:
    """The intake in moto, with a bucket of its own, a bus that keeps, and a queue on its topic."""

    def __init__(self, module: Any, bucket: str, events: FakeEvents, alerts: str) -> None:
        self.module, self.bucket = module, bucket
        self.events, self.alerts = events, alerts
        self.s3, self.sqs = boto3.client("s3"), boto3.client("sqs")

    def drop(self, body: Any, key: str = "incoming/change.json") -> str:
        """Put a file; returns the message about it."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        put = self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        thing = {"key": key, "size": len(content), "version-id": put["VersionId"]}
        detail = {"bucket": {"name": self.bucket}, "object": thing, "requester": "111111111111"}
        return json.dumps({"detail-type": "Object Created", "detail": detail})

    def take_in(self, *messages: str) -> list[str]:
        """Handle messages; return those that go back to the queue."""
        records = [{"messageId": str(number), "body": body} for number, body in enumerate(messages)]
        answer = self.module.handler({"Records": records}, None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def announced(self) -> list[ChangeAnnounced]:
        entries = self.events.entries
        return [ChangeAnnounced.model_validate_json(entry["Detail"]) for entry in entries]

    def told(self) -> list[str]:
        """The alerts that are in the queue, ten at most."""
        answer = self.sqs.receive_message(QueueUrl=self.alerts, MaxNumberOfMessages=10)
        return [json.loads(one["Body"])["Message"] for one in answer.get("Messages", [])]

    def files(self) -> dict[str, bytes]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        keys = [one["Key"] for one in listed]
        return {key: self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}


@pytest.fixture(scope="module")
def module(made: Any) -> Iterator[Any]:
    topic = boto3.client("sns").create_topic(Name="changecast-alerts")["TopicArn"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STATUS_TABLE", made.name)
        patch.setenv("ALERTS_TOPIC_ARN", topic)
        sys.modules.pop("intake", None)
        yield importlib.import_module("intake")
        sys.modules.pop("intake", None)


@pytest.fixture
def dropping(
    module: Any, table: Any, register: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Dropping]:
    register("acme", "globex")
    s3, sqs, sns = boto3.client("s3"), boto3.client("sqs"), boto3.client("sns")
    bucket, queue = f"intake-{uuid4()}", f"alerts-{uuid4()}"
    here: Any = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=here)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    url = sqs.create_queue(QueueName=queue)["QueueUrl"]
    arn = f"arn:aws:sqs:eu-central-1:123456789012:{queue}"
    topic = module.settings.alerts_topic_arn
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    events: Any = FakeEvents()
    monkeypatch.setattr(
        module, "connect", lambda table: replace(connect(table=table), events=events, xray=None)
    )
    yield Dropping(module, bucket, events, url)
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])


def test_a_good_file_is_announced_and_kept_as_the_record(dropping: Dropping) -> None:
    change = document(changeId="CHG/7:a", version=3)
    assert dropping.take_in(dropping.drop(change)) == []
    (announced,) = dropping.announced()
    assert (announced.change_id, announced.revision) == ("CHG/7:a", 3)
    assert announced.customers == ("acme", "globex")
    assert announced.announced_by == "account 111111111111 by the file incoming/change.json"
    kept = dropping.files()
    assert list(kept) == ["announced/CHG%2F7%3Aa/3.json"]
    assert json.loads(*kept.values()) == change
    assert dropping.told() == []


def test_the_same_content_again_is_not_put_again_and_the_record_stays(dropping: Dropping) -> None:
    dropping.take_in(dropping.drop(document()))
    first = dropping.files()
    again = json.dumps(document(), indent=2).encode()
    assert dropping.take_in(dropping.drop(again, "incoming/again.json")) == []
    assert len(dropping.announced()) == 1
    assert dropping.files() == first


@pytest.mark.parametrize("versions", [(None, None), (1, 2)], ids=["without", "with"])
def test_an_old_file_is_rejected_instead_of_kept_as_the_record(
    dropping: Dropping, versions: tuple[int | None, int | None]
) -> None:
    old, new = (
        document(changeTitle=title) | ({"version": version} if version else {})
        for title, version in zip(("Old", "New"), versions, strict=True)
    )
    for change in (old, new, old):
        assert dropping.take_in(dropping.drop(change)) == []
    assert [one.revision for one in dropping.announced()] == [1, 2]
    (reason,) = (text for key, text in dropping.files().items() if key.endswith(".reason.txt"))
    warning = "revision 2 is newer, so nothing is sent. Check whether this is an old file."
    assert warning in str(reason)
    assert "set `version` to 3" in str(reason)
    assert len(dropping.told()) == 1


def test_the_same_message_again_does_nothing(dropping: Dropping) -> None:
    message = dropping.drop(document())
    assert dropping.take_in(message, message) == []
    assert len(dropping.announced()) == 1
    bad = dropping.drop(b"{}")
    assert dropping.take_in(bad, bad) == []
    assert len(dropping.told()) == 1


def test_a_newer_version_under_the_same_name_is_neither_lost_nor_taken_twice(
    dropping: Dropping,
) -> None:
    older = dropping.drop(document(customerImpact="First."))
    newer = dropping.drop(document(customerImpact="Second."))
    assert dropping.take_in(older, newer) == []
    said = [one.change.customer_impact for one in dropping.announced()]
    assert said == ["First.", "Second."]
    assert list(dropping.files()) == ["announced/CHG-1/1.json", "announced/CHG-1/2.json"]


def test_every_fault_of_a_bad_file_stands_beside_it_and_people_are_told(dropping: Dropping) -> None:
    bad = document(customers=["acme", "umbrella"], implementationEnd="2020-01-01T00:00:00Z")
    assert dropping.take_in(dropping.drop(bad, "incoming/my change.json")) == []
    files = dropping.files()
    copy, reason = sorted(files)
    assert copy.startswith("rejected/my change-")
    assert reason == copy.removesuffix(".json") + ".reason.txt"
    assert json.loads(files[copy]) == bad
    said = files[reason].decode()
    assert "incoming/my change.json was not announced, so nobody was told." in said
    assert "$.implementationEnd" in said or "window" in said
    (alert,) = dropping.told()
    for name, key in (("See", reason), ("Copy", copy)):
        assert f"{name + ':':11}aws s3 cp 's3://{dropping.bucket}/{key}' -\n" in alert
    assert dropping.announced() == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
        pytest.param(b"[" * 10_000, id="deep"),
        pytest.param(b'{"changeId": 1, "changeId": 2}', id="a key twice"),
        pytest.param(b'"' + b"x" * (EVENT_LIMIT + 10) + b'"', id="too large"),
    ],
)
def test_what_is_no_document_is_rejected_and_never_tried_again(
    dropping: Dropping, body: bytes
) -> None:
    assert dropping.take_in(dropping.drop(body)) == []
    assert [key.rpartition(".")[2] for key in sorted(dropping.files())] == ["json", "txt"]
    assert len(dropping.told()) == 1


def test_hostile_files_are_rejected_with_their_reasons_and_a_neighbour_is_announced(
    dropping: Dropping,
) -> None:
    messages = [
        dropping.drop(body.encode(), f"incoming/{number:02}.json")
        for number, body in enumerate(BODIES.values())
    ]
    assert dropping.take_in(*messages, dropping.drop(document())) == []
    (announced,) = dropping.announced()
    assert announced.change_id == "CHG-1"
    first, *rejected = sorted(dropping.files())
    assert first == "announced/CHG-1/1.json"
    reasons = [key for key in rejected if key.endswith(".reason.txt")]
    assert {key.removeprefix("rejected/")[:2] for key in reasons} == {
        f"{number:02}" for number in range(len(BODIES))
    }


def test_files_for_codes_that_only_look_like_a_customers_are_rejected(dropping: Dropping) -> None:
    codes = CODES[:5]  # the others are read by the same pattern
    messages = [
        dropping.drop(document(changeId=f"CHG-{number}", customers=[code]))
        for number, code in enumerate(codes)
    ]
    assert dropping.take_in(*messages) == []
    assert dropping.announced() == []
    assert len(dropping.files()) == 2 * len(codes)


def test_whatever_a_file_is_called_it_is_rejected_for_what_it_holds(dropping: Dropping) -> None:
    names = ["x" * 1_010, "ä" * 505, "a\nCause: all is well", "\u202egpj", "..", "%00", "a b+c"]
    assert dropping.take_in(*(dropping.drop(b"{}", f"incoming/{name}") for name in names)) == []
    kept = dropping.files()
    assert len(kept) == 2 * len(names)
    assert all(key.startswith("rejected/") and len(key.encode()) <= 1_024 for key in kept)


def test_other_content_under_a_taken_version_is_rejected(dropping: Dropping) -> None:
    dropping.take_in(dropping.drop(document(version=1)))
    dropping.take_in(dropping.drop(document(version=1, customerImpact="Other.")))
    (reason,) = [body for key, body in dropping.files().items() if key.endswith(".txt")]
    assert b"other_content: revision 1 was announced with other content" in reason
    assert len(dropping.announced()) == 1


def test_a_draft_is_put_aside_and_nobody_is_told(dropping: Dropping) -> None:
    assert dropping.take_in(dropping.drop(document(status="draft"))) == []
    (kept,) = dropping.files()
    assert kept.startswith("drafts/change-")
    assert dropping.announced() == []
    assert dropping.told() == []


def test_a_folder_is_no_file(dropping: Dropping) -> None:
    assert dropping.take_in(dropping.drop(b"", "incoming/")) == []
    assert list(dropping.files()) == ["incoming/"]
    assert dropping.told() == []


def test_when_the_hub_cannot_be_reached_the_file_waits(
    dropping: Dropping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dropping.module, "connect", lambda **_: connect(table="nowhere"))
    assert dropping.take_in(dropping.drop(document())) == ["0"]
    assert list(dropping.files()) == ["incoming/change.json"]


NO_DROPS: list[dict[str, Any]] = [
    {"object": {"key": "incoming/x"}},
    {"bucket": {"name": 7}, "object": {"key": "incoming/x"}},
    {"bucket": {"name": "b"}, "object": {"key": ["incoming/x"]}},
    {"bucket": {"name": "b"}, "object": {"key": ""}},
    {"bucket": {"name": "b"}, "object": "incoming/x"},
]


def test_messages_that_are_no_events_go_back_with_their_reasons_and_a_neighbour_is_taken_in(
    dropping: Dropping, caplog: pytest.LogCaptureFixture
) -> None:
    details = [json.dumps({"detail": detail}) for detail in NO_DROPS]
    messages = [*BODIES.values(), *details]
    back = dropping.take_in(*messages, dropping.drop(document()))
    assert back == [str(number) for number in range(len(messages))]
    assert len(dropping.announced()) == 1
    reasons = [vars(one)["error"] for one in caplog.records if "failed; the queue" in one.message]
    assert len(reasons) == len(messages)
    assert all(reason.startswith("the message ") for reason in reasons)


def test_a_size_without_end_is_no_reason_to_stop(dropping: Dropping) -> None:
    message = json.loads(dropping.drop(document()))
    message["detail"]["object"]["size"] = float("inf")
    assert dropping.take_in(json.dumps(message)) == []
    assert len(dropping.announced()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"customers": ["umbrella"]},
        {"implementationEnd": "2020-01-01T00:00:00Z"},
        {"changeTitle": f"x\a{SENTENCE}"},
        {"status": SENTENCE},
    ],
    ids=["taken in", "unknown customer", "window", "title", "status"],
)
def test_what_a_file_says_is_in_no_alert_log_or_metric(
    dropping: Dropping,
    fault: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("INFO", "changecast")
    texts = ("changeReason", "implementationPlan", "testPlan", "customerImpact", "rollbackPlan")
    dropping.take_in(dropping.drop(document(**{**dict.fromkeys(texts, SENTENCE), **fault})))
    assert bool(dropping.announced()) is not bool(fault)
    told = dropping.told()
    assert bool(told) is bool(fault)
    logged = [vars(record) for record in caplog.records]
    assert logged
    assert not tells_the_sentence([told, logged, capsys.readouterr().out])


def test_a_freeze_that_the_hub_keeps_holds_for_dropped_files(
    dropping: Dropping, table: Any
) -> None:
    frozen = FrozenTime("Stocktaking", "2027-01-20T00:00:00Z", "2027-01-22T00:00:00Z")
    keep_freezes(table, {"acme": CustomerFreezes((frozen,), 0)}, "maria", datetime.now(UTC))
    assert dropping.take_in(dropping.drop(document())) == []
    assert dropping.announced() == []
    (alert,) = dropping.told()
    assert "acme: in the freeze 'Stocktaking' (" in alert
    assert dropping.take_in(dropping.drop(document(despite="Certificates end."))) == []
    assert len(dropping.announced()) == 1
