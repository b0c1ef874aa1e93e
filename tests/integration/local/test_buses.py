"""PutEvents and buses across accounts, as aws-facts and the EventBridge guide describe them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.local import stage

Account = Callable[[], stage.Account]
ANY = {"source": [{"exists": True}]}


@pytest.fixture
def here(account: Account) -> stage.Account:
    return account()


def bus_with_queue(session: stage.Account, bus: str = "bus") -> str:
    """Make a bus whose every event lands in a queue; returns the queue's URL."""
    if bus != "default":
        session.client("events").create_event_bus(Name=bus)
    url, arn = stage.make_queue(session, f"{bus}-seen")
    stage.make_rule(session, "all", ANY, {"Arn": arn}, bus)
    return url


def bus_arn(session: stage.Account, name: str) -> str:
    return f"arn:aws:events:{stage.REGION}:{stage.number_of(session)}:event-bus/{name}"


def set_policy(session: stage.Account, bus: str, statement: dict[str, Any]) -> None:
    """Give a bus a policy of one statement, as a stack does."""
    body = {
        "Resources": {
            "Policy": {
                "Type": "AWS::Events::EventBusPolicy",
                "Properties": {"EventBusName": bus, "StatementId": "one", "Statement": statement},
            }
        }
    }
    stacks = session.client("cloudformation")
    stacks.create_stack(StackName="policy", TemplateBody=json.dumps(body))
    stage.eventually(
        lambda: (
            stacks.describe_stacks(StackName="policy")["Stacks"][0]["StackStatus"]
            == "CREATE_COMPLETE"
        )
    )


def only_event(session: stage.Account, url: str) -> dict[str, Any]:
    (message,) = stage.received(session, url)
    event: dict[str, Any] = json.loads(message["Body"])
    return event


def test_an_event_reaches_the_rules_of_its_bus_with_the_envelope_of_eventbridge(
    here: stage.Account,
) -> None:
    url = bus_with_queue(here)
    answer = stage.put(here, "bus", {"a": 1}, Resources=["one"])
    event = only_event(here, url)
    assert event | {"time": ""} == {
        "version": "0",
        "id": answer["Entries"][0]["EventId"],
        "detail-type": "Tested",
        "source": "test",
        "account": stage.number_of(here),
        "time": "",
        "region": stage.REGION,
        "resources": ["one"],
        "detail": {"a": 1},
    }


def test_an_event_keeps_the_time_that_its_entry_names(here: stage.Account) -> None:
    url = bus_with_queue(here)
    stage.put(here, "bus", {}, Time=1_700_000_000)
    assert only_event(here, url)["time"] == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Detail": "[1]"}, "MalformedDetail"),
        ({"Detail": "{"}, "MalformedDetail"),
        ({"Source": ""}, "InvalidArgument"),
        ({"DetailType": ""}, "InvalidArgument"),
        ({"Source": "aws.ses"}, "NotAuthorizedForSourceException"),
    ],
)
def test_a_bad_entry_fails_alone(here: stage.Account, change: dict[str, str], code: str) -> None:
    url = bus_with_queue(here)
    good = {"Source": "test", "DetailType": "T", "Detail": "{}", "EventBusName": "bus"}
    answer = here.client("events").put_events(Entries=[good | change, good])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == code
    assert only_event(here, url)["id"] == answer["Entries"][1]["EventId"]


def entry_of(size: int) -> dict[str, str]:
    """The detail of a `put` whose entry EventBridge counts as `size` bytes."""
    return {"x": "y" * (size - len("test") - len("Tested") - len('{"x": ""}'))}


def test_a_request_of_just_one_mebibyte_is_taken(here: stage.Account) -> None:
    assert stage.put(here, "default", entry_of(1024 * 1024))["FailedEntryCount"] == 0


def test_a_request_one_byte_larger_is_refused_as_a_whole(here: stage.Account) -> None:
    with pytest.raises(ClientError, match="Total size of the entries in the request is over"):
        stage.put(here, "default", entry_of(1024 * 1024 + 1))


def test_the_limit_is_one_for_all_entries_of_a_request(here: stage.Account) -> None:
    half = {"Source": "test", "DetailType": "Tested", "Detail": json.dumps(entry_of(600_000))}
    with pytest.raises(ClientError, match="Total size of the entries in the request is over"):
        here.client("events").put_events(Entries=[half, half])


def test_ten_entries_are_taken_and_eleven_are_not(here: stage.Account) -> None:
    entry = {"Source": "test", "DetailType": "T", "Detail": "{}"}
    events = here.client("events")
    assert len(events.put_events(Entries=[entry] * 10)["Entries"]) == 10
    with pytest.raises(ClientError, match="ValidationException"):
        events.put_events(Entries=[entry] * 11)


def test_a_malformed_bus_is_refused(here: stage.Account) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        stage.put(here, "arn:aws:events:bus", {})


def test_another_accounts_bus_takes_nothing_without_a_policy(account: Account) -> None:
    here, there = account(), account()
    url = bus_with_queue(there)
    with pytest.raises(ClientError, match="no resource-based policy") as refused:
        stage.put(here, bus_arn(there, "bus"), {})
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert stage.received(there, url) == []


def test_another_accounts_bus_takes_what_its_policy_allows_and_says_whose_it_is(
    account: Account,
) -> None:
    here, there = account(), account()
    url = bus_with_queue(there)
    principal = {"AWS": f"arn:aws:iam::{stage.number_of(here)}:root"}
    set_policy(
        there,
        "bus",
        stage.allow("events:PutEvents", bus_arn(there, "bus")) | {"Principal": principal},
    )
    answer = stage.put(here, bus_arn(there, "bus"), {})
    event = only_event(there, url)
    assert event["account"] == stage.number_of(here)
    assert event["id"] == answer["Entries"][0]["EventId"]


REPORTERS = {
    "ForAllValues:StringEquals": {
        "events:source": "report.${aws:PrincipalAccount}",
        "events:detail-type": "Tested",
    },
    "Null": {"events:source": "false", "events:detail-type": "false"},
}


@pytest.mark.parametrize(
    ("source", "detail_type", "allowed"),
    [
        ("report.{me}", "Tested", True),
        ("report.{me}", "Other", False),
        ("report.111111111111", "Tested", False),
        ("report.${{aws:PrincipalAccount}}", "Tested", False),
    ],
)
def test_a_policy_holds_an_account_to_the_source_that_has_its_own_number(
    account: Account, source: str, detail_type: str, allowed: bool
) -> None:
    here, there = account(), account()
    url = bus_with_queue(there)
    statement = stage.allow("events:PutEvents", bus_arn(there, "bus"), **REPORTERS)
    set_policy(there, "bus", statement | {"Principal": {"AWS": stage.number_of(here)}})
    more = {"Source": source.format(me=stage.number_of(here)), "DetailType": detail_type}
    if allowed:
        stage.put(here, bus_arn(there, "bus"), {}, **more)
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            stage.put(here, bus_arn(there, "bus"), {}, **more)
    assert len(stage.received(there, url)) == allowed


def test_one_forged_entry_among_good_ones_fails_the_whole_request(account: Account) -> None:
    here, there = account(), account()
    url = bus_with_queue(there)
    statement = stage.allow("events:PutEvents", bus_arn(there, "bus"), **REPORTERS)
    set_policy(there, "bus", statement | {"Principal": {"AWS": stage.number_of(here)}})
    good = {
        "Source": f"report.{stage.number_of(here)}",
        "DetailType": "Tested",
        "Detail": "{}",
        "EventBusName": bus_arn(there, "bus"),
    }
    with pytest.raises(ClientError, match="AccessDenied"):
        here.client("events").put_events(Entries=[good, good | {"Source": "report.1"}])
    assert stage.received(there, url) == []


def test_a_direct_put_is_no_invocation_by_a_bus(account: Account) -> None:
    here, there = account(), account()
    bus_with_queue(there)
    condition = {"Bool": {"events:eventBusInvocation": "true"}}
    statement = stage.allow("events:PutEvents", bus_arn(there, "bus"), **condition)
    set_policy(there, "bus", statement | {"Principal": {"AWS": stage.number_of(here)}})
    with pytest.raises(ClientError, match="AccessDenied"):
        stage.put(here, bus_arn(there, "bus"), {})


def test_a_bus_of_ones_own_may_deny_what_the_identity_may(here: stage.Account) -> None:
    bus_with_queue(here)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "events:PutEvents", "Resource": "*"}
    set_policy(here, "bus", deny)
    with pytest.raises(ClientError, match="explicit deny"):
        stage.put(here, "bus", {})


def test_an_aws_service_speaks_on_the_default_bus_of_its_account_only(account: Account) -> None:
    from changecast_local import buses  # noqa: PLC0415 - only when a cloud runs

    here, there = account(), account()
    default, other = bus_with_queue(here, "default"), bus_with_queue(here)
    elsewhere = bus_with_queue(there, "default")
    buses.put_service_event(
        stage.number_of(here),
        stage.REGION,
        source="aws.ses",
        detail_type="Email Sent",
        detail={"mail": {}},
        resources=["arn"],
    )
    event = only_event(here, default)
    assert (event["source"], event["account"]) == ("aws.ses", stage.number_of(here))
    assert stage.received(here, other) == stage.received(there, elsewhere) == []


def test_a_whole_policy_replaces_the_one_before(here: stage.Account) -> None:
    events = here.client("events")
    events.create_event_bus(Name="bus")
    events.put_permission(
        EventBusName="bus", Principal="222222222222", Action="events:PutEvents", StatementId="old"
    )
    whole = {"Version": "2012-10-17", "Statement": [{"Sid": "new", "Effect": "Deny"}]}
    events.put_permission(EventBusName="bus", Policy=json.dumps(whole))
    assert json.loads(events.describe_event_bus(Name="bus")["Policy"]) == whole
