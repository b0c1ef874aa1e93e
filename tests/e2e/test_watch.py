"""The hub knows who was told, who is silent and why: ten customers, four of them in trouble."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from changecast.hub.tracking.originals import kept
from changecast.hub.tracking.table import statuses_of_customer
from changecast_cli.local import process as local_cloud
from changecast_cli.local.deployer import hub_engineer
from changecast_cli.local.stage import HUB, add_contacts, stage_for
from testbed.fleet import deploy_fleet
from tests.integration.local.stage import (
    invoke,
    let_service_send,
    make_function,
    make_queue,
)
from tests.support.provider import Provider, document, eventually

WELL = ("acme", "globex", "initech", "delta", "epsilon", "zeta")
TROUBLE = {
    "roadless": "no_route",
    "closed": "refused_by_bus",
    "broken": "forwarded_no_report",
    "empty": "nothing_to_send",
}
CODES = (*WELL, *TROUBLE)
CONTACTS = 2
FORGED_SEQ = 999
HUB_PARAMETERS = {
    "ReportDeadlineMinutes": "1",
    "CanarySchedule": "rate(1 day)",
    "CanaryCustomers": "delta,epsilon",
}


@dataclass
class Watched(Provider):
    """A provider whose alerts come into a queue; `seen` are those that came so far."""

    queue: str
    seen: list[dict[str, Any]]

    def alerts(self, **attributes: str) -> list[dict[str, Any]]:
        """The alerts with these attributes, each {subject, text, event, cause, ...}."""
        sqs = self.cloud.session(HUB.account).client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            self.seen += [_alert(json.loads(message["Body"])) for message in messages]
            for message in messages:
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [
            one
            for one in self.seen
            if all(value in named(one.get(name)) for name, value in attributes.items())
        ]

    def about(self, change_id: str) -> list[dict[str, Any]]:
        """The alerts about a change, but for the report that was forged."""
        return [one for one in self.alerts(change_id=change_id) if one["cause"] != "forged"]

    def unresolved(self, change_id: str) -> dict[str, str]:
        """The customers with a finding about a change that no later alert resolved."""
        found: dict[str, str] = {}
        for alert in self.about(change_id):
            for code in named(alert["customer"]):
                if alert["event"] == "resolved":
                    found.pop(code, None)
                else:
                    found[code] = alert["cause"]
        return found

    def watch(self) -> None:
        """Watch now, and not in up to a minute."""
        functions = self.cloud.session(HUB.account).client("lambda")
        answer = functions.invoke(FunctionName=_function(functions, "Watch"))
        assert "FunctionError" not in answer


def named(value: str | None) -> list[str]:
    """What an attribute names: itself, or the texts of a list."""
    if value and value.startswith("["):
        return [str(each) for each in json.loads(value)]
    return [value] if value else []


def _alert(published: dict[str, Any]) -> dict[str, Any]:
    attributes = {name: one["Value"] for name, one in published["MessageAttributes"].items()}
    return {"subject": published["Subject"], "text": published["Message"], **attributes}


def _function(functions: Any, part: str) -> str:
    names = [one["FunctionName"] for one in functions.list_functions()["Functions"]]
    return next(str(name) for name in names if part in name)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("cloud")
    stage = stage_for(CODES)
    with local_cloud.temporary(folder, keep=False) as local:
        deploy_fleet(stage, local.cloud, HUB_PARAMETERS)
        with_people = [one for one in stage.customers if one.code != "empty"]
        add_contacts(type(stage)(tuple(with_people)), local.cloud, CONTACTS)
        queue = _subscribed_queue(local.cloud.session(HUB.account))
        yield Watched(local.cloud, stage, folder, queue, [])


def _subscribed_queue(hub: Any) -> str:
    topic = f"arn:aws:sns:eu-central-1:{HUB.account}:changecast-alerts"
    url, arn = make_queue(hub, "alerts", "sns")
    let_service_send(hub, "sns", url, arn, ArnEquals={"aws:SourceArn": topic})
    hub.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


@pytest.fixture(scope="module")
def announced(watched: Watched) -> Iterator[str]:
    """A change for all ten customers, which fails at four of them; then everything is resolved."""
    policy = _break(watched)
    change_id = watched.announce(document(customers=list(CODES))).change_id
    yield change_id
    _open_bus(watched, policy)


def _break(watched: Watched) -> str:
    hub = watched.cloud.session(HUB.account).client("events")
    rule, on = "changecast-route-roadless", "changecast-hub"
    hub.remove_targets(Rule=rule, Ids=["customer"], EventBusName=on)
    hub.delete_rule(Name=rule, EventBusName=on)
    bus = watched.session("closed").client("events")
    policy = str(bus.describe_event_bus(Name="changecast")["Policy"])
    bus.remove_permission(EventBusName="changecast", RemoveAllPermissions=True)
    functions = watched.session("broken").client("lambda")
    planner = _function(functions, "PlanDelivery")
    functions.update_function_configuration(FunctionName=planner, Handler="nothing.here")
    return policy


def _open_bus(watched: Watched, policy: str) -> None:
    events = watched.session("closed").client("events")
    events.put_permission(EventBusName="changecast", Policy=policy)


def test_a_report_for_another_customer_changes_nothing_but_raises_an_alarm(
    watched: Watched, announced: str
) -> None:
    eventually(lambda: _delivered(watched, announced, ("globex",)))
    role = f"arn:aws:iam::{watched.account('acme')}:role/changecast-reporter"
    make_function(watched.session("acme"), "forge", _forgery(watched, announced), role)  # type: ignore[arg-type]
    assert invoke(watched.session("acme"), "forge") == (0, None)  # type: ignore[arg-type]
    eventually(lambda: _parked(watched) == 1)
    watched.watch()
    (alert,) = watched.alerts(cause="forged")
    assert f"account {watched.account('acme')} reported for customer 'globex'" in alert["text"]
    watched.watch()
    assert len(watched.alerts(cause="forged")) == 1
    after = _delivered(watched, announced, ("globex",))["globex"]
    assert (after["state"], after["account"]) == ("sent", watched.account("globex"))
    assert after["report_seq"] < FORGED_SEQ


def _forgery(watched: Watched, change_id: str) -> str:
    """A function in acme's account, with the one role that may report, that says globex failed."""
    account = watched.account("acme")
    detail = {
        "schema_version": "1", "event_id": "0b7f5d3e-58f4-4a52-9a7d-8f2f4bb6a401",
        "change_id": change_id, "revision": 1, "customer": "globex", "state": "failed",
        "report_seq": FORGED_SEQ, "started_at": "2027-01-16T08:05:00Z", "trace_id": "",
    }  # fmt: skip
    entry = {
        "Source": f"changecast.delivery.{account}",
        "DetailType": "DeliveryReported",
        "Detail": json.dumps(detail),
        "EventBusName": HUB.bus_arn,
    }
    return (
        "import os, sys\nsys.path.append(os.environ['SITE_PACKAGES'])\nimport boto3\n"
        f"def handler(event, context):\n"
        f"    return boto3.client('events').put_events(Entries=[{entry!r}])['FailedEntryCount']\n"
    )


def _parked(watched: Watched) -> int:
    sqs = watched.cloud.session(HUB.account).client("sqs")
    (url,) = [url for url in sqs.list_queues()["QueueUrls"] if "StatusDeadLetters" in url]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def _delivered(watched: Watched, change_id: str, codes: tuple[str, ...]) -> Any:
    """Return what the hub knows of these customers when all mails are delivered, else None."""
    customers = watched.status(change_id)["customers"]
    found = {code: customers[code] for code in codes if code in customers}
    counts = [one["counts"]["delivered"] for one in found.values()]
    return found if counts == [CONTACTS] * len(codes) else None


def test_the_scheduled_canary_goes_the_whole_way_and_watch_tells_of_who_has_no_simulator(
    watched: Watched,
) -> None:
    people = watched.preparing("delta").client("sesv2")
    simulator = "success+canary@simulator.amazonses.com"
    people.create_contact(ContactListName="changecast", EmailAddress=simulator)
    functions = watched.cloud.session(HUB.account).client("lambda")
    assert "FunctionError" not in functions.invoke(FunctionName=_function(functions, "Canary"))
    eventually(lambda: _flown(watched) == {"delta": "sent", "epsilon": "nothing_to_send"})
    (mail,) = [mail for mail in watched.cloud.mails() if "canary-" in mail["subject"]]
    assert (mail["account"], mail["to"]) == (watched.account("delta"), simulator)
    watched.watch()
    (alert,) = watched.alerts(customer="epsilon", cause="nothing_to_send")
    assert any(each.startswith("canary-epsilon-") for each in named(alert["change_id"]))
    assert watched.alerts(customer="delta") == []
    people.delete_contact(ContactListName="changecast", EmailAddress=simulator)


def _flown(watched: Watched) -> dict[str, str]:
    """Return the canaries' states."""
    table = watched.table
    rows = [row for code in WELL for row in statuses_of_customer(table, code)]
    return {row["customer"]: row["state"] for row in rows if row["change_id"].startswith("canary-")}


def test_a_file_that_is_dropped_ends_as_delivered_and_is_kept_and_again_does_nothing(
    watched: Watched,
) -> None:
    s3 = watched.cloud.session(HUB.account).client("s3")
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if "intake" in one["Name"]]
    change = document(customers=["acme", "globex"])
    for name in ("first", "second"):
        key = f"incoming/{name}.json"
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(change).encode())
        eventually(lambda key=key: key not in _keys(s3, bucket), 60)  # type: ignore[misc]
        eventually(lambda: _delivered(watched, change["changeId"], ("acme", "globex")))
    kept = f"announced/{change['changeId']}/1.json"
    assert kept in _keys(s3, bucket)
    assert json.loads(s3.get_object(Bucket=bucket, Key=kept)["Body"].read()) == change
    assert len(watched.mails(change["changeId"])) == 2 * CONTACTS


def test_a_file_that_is_wrong_or_a_draft_is_never_announced(watched: Watched) -> None:
    s3 = watched.cloud.session(HUB.account).client("s3")
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if "intake" in one["Name"]]
    draft, wrong = document(status="draft"), document(customers=["nobody"])
    keys = hub_engineer(watched.cloud, HUB.account, HUB.region)
    of_policies = watched.cloud.session_of(keys).client("s3")
    for name, body in (("draft", draft), ("wrong", wrong)):
        key = f"incoming/{name}.json"
        of_policies.put_object(Bucket=bucket, Key=key, Body=json.dumps(body).encode())
    eventually(lambda: not [key for key in _keys(s3, bucket) if key.startswith("incoming/")])
    (reason,) = [key for key in _keys(s3, bucket) if key.endswith(".reason.txt")]
    said = of_policies.get_object(Bucket=bucket, Key=reason)["Body"].read().decode()
    assert "$.customers[0]: customer 'nobody' is not registered" in said
    assert [key for key in _keys(s3, bucket) if key.startswith("drafts/draft")]
    (alert,) = eventually(lambda: watched.alerts(cause="rejected_file"))
    assert "'nobody' is not registered" in alert["text"]
    assert f"See:       aws s3 cp s3://{bucket}/{reason} -\n" in alert["text"]
    for change in (draft, wrong):
        assert watched.status(change["changeId"])["customers"] == {}


def _keys(s3: Any, bucket: str) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_an_event_that_bypasses_announce_and_drops_a_customer_is_told(watched: Watched) -> None:
    change_id = watched.announce(document(customers=["acme", "globex"])).change_id
    original = kept(watched.table, change_id, 1)
    assert original is not None
    detail = json.loads(original.detail.model_dump_json(exclude_none=True))
    detail |= {"revision": 2, "customers": ["acme"], "event_id": str(uuid4())}
    detail["change"]["revision"] = 2
    watched.put_raw(detail)
    eventually(lambda: watched.status(change_id)["revision"] == 2)
    watched.watch()
    eventually(lambda: watched.alerts(change_id=change_id))  # its schedule may have come first
    (alert,) = watched.alerts(change_id=change_id)
    assert alert["cause"] == "bypassed"
    assert "it no longer names globex, and these customers are not told" in alert["text"]


def test_after_the_deadline_exactly_those_in_trouble_are_named_with_the_reason(
    watched: Watched, announced: str
) -> None:
    """Nobody calls watch here: its own schedule does."""
    eventually(lambda: _delivered(watched, announced, WELL), 600)
    # On a busy machine a report may come after the deadline: then a second alert takes it back.
    eventually(lambda: _troubled(watched.unresolved(announced)) == TROUBLE, 600)
    customers = watched.status(announced)["customers"]
    states = {code: one["state"] for code, one in customers.items()}
    assert states == dict.fromkeys(WELL, "sent") | TROUBLE
    unresolved = watched.unresolved(announced)
    assert _troubled(unresolved) == TROUBLE
    # An alert may name another change's customer beside ours, of the same cause.
    assert not {"acme", "globex"} & set(unresolved)
    for code in TROUBLE:
        assert len(_found(watched, announced, code)) == 1
    reasons = {code: customers[code]["reason"]["message"] for code in TROUBLE}
    assert "no rule changecast-route-roadless" in reasons["roadless"]
    assert "NO_PERMISSIONS" in reasons["closed"]
    assert watched.account("broken") in reasons["broken"]
    assert "nobody" in reasons["empty"]


def _troubled(unresolved: dict[str, str]) -> dict[str, str]:
    return {code: cause for code, cause in unresolved.items() if code in TROUBLE}


def _found(watched: Watched, change_id: str, code: str) -> list[dict[str, Any]]:
    """The alerts that name this customer in trouble."""
    alerts = watched.about(change_id)
    return [one for one in alerts if one["event"] == "found" and code in named(one["customer"])]


def test_a_resolved_finding_is_told_too_and_its_dead_letter_is_left_alone(
    watched: Watched, announced: str
) -> None:
    policy = json.loads(
        str(
            watched.session("acme").client("events").describe_event_bus(Name="changecast")["Policy"]
        )
        .replace(watched.account("acme"), watched.account("closed"))
        .replace("changecast-route-acme", "changecast-route-closed")
    )
    _open_bus(watched, json.dumps(policy))
    sqs = watched.cloud.session(HUB.account).client("sqs")
    url = sqs.get_queue_url(QueueName="changecast-route-closed")["QueueUrl"]
    (letter,) = eventually(
        lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")
    )
    watched.put_raw(json.loads(letter["Body"])["detail"])
    eventually(lambda: _delivered(watched, announced, ("closed",)))
    watched.watch()
    assert _resolved(watched) == ["refused_by_bus"]
    watched.watch()
    assert _resolved(watched) == ["refused_by_bus"]
    assert len(_found(watched, announced, "closed")) == 1


def _resolved(watched: Watched) -> list[str]:
    """The causes that alerts said are over for the customer whose bus was closed."""
    alerts = watched.alerts(event="resolved")
    return [one["cause"] for one in alerts if "closed" in named(one["customer"])]
