"""IAM with the terms of the service authorization reference, where ministack used others."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast_local.cloud import Cloud, Session
from tests.integration.local import stage

Account = Callable[[], stage.Account]
As = Callable[..., Callable[[str], Any]]


@pytest.fixture
def role_of(cloud: Cloud) -> Iterator[As]:
    """Makes clients of a role in an account that has just these statements."""
    with ExitStack() as opened:

        def make(account: stage.Account, *statements: dict[str, Any]) -> Callable[[str], Any]:
            arn = stage.make_role(account, "limited", *statements)
            anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
            iam = account.client("iam")
            iam.update_assume_role_policy(RoleName="limited", PolicyDocument=document)
            taken = account.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")
            session = Session(
                cloud.endpoint,
                aws_access_key_id=taken["Credentials"]["AccessKeyId"],
                aws_secret_access_key=taken["Credentials"]["SecretAccessKey"],
                aws_session_token=taken["Credentials"]["SessionToken"],
                region_name=stage.REGION,
            )
            return lambda service: opened.enter_context(closing(session.client(service)))

        yield make


def test_sending_a_batch_needs_no_more_than_sending(account: Account, role_of: As) -> None:
    here = account()
    url, arn = stage.make_queue(here, "hints")
    sqs = role_of(here, stage.allow("sqs:SendMessage", arn))("sqs")
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "hint"}])
    (message,) = stage.received(here, url)
    receipt = {"Id": "1", "ReceiptHandle": message["ReceiptHandle"]}
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.delete_message_batch(QueueUrl=url, Entries=[receipt])


def test_a_role_writes_the_attributes_that_it_may_write_and_no_other(
    account: Account, role_of: As
) -> None:
    here = account()
    here.client("dynamodb").create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    arn = f"arn:aws:dynamodb:{stage.REGION}:{stage.number_of(here)}:table/ledger"
    named = {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "state", "attempt"]}}
    table = role_of(here, stage.allow("dynamodb:UpdateItem", arn, **named))("dynamodb")

    def written(name: str, condition: str = "attribute_not_exists(pk) OR attempt = :v") -> Any:
        return {"TableName": "ledger", "Key": {"pk": {"S": "1"}},
                "UpdateExpression": "SET #n = :v", "ConditionExpression": condition,
                "ExpressionAttributeNames": {"#n": name},
                "ExpressionAttributeValues": {":v": {"S": "x"}}}  # fmt: skip

    table.update_item(**written("state"))
    for refused in (written("address"), written("state", "address <> :v")):
        with pytest.raises(ClientError, match="AccessDenied"):
            table.update_item(**refused)
        with pytest.raises(ClientError, match="AccessDenied"):
            table.transact_write_items(TransactItems=[{"Update": refused}])
    fine = written("attempt", "#n <> :v")
    table.transact_write_items(TransactItems=[{"Update": fine}])
    (item,) = here.client("dynamodb").scan(TableName="ledger")["Items"]
    assert {name: value["S"] for name, value in item.items()} == {
        "pk": "1", "state": "x", "attempt": "x",
    }  # fmt: skip


def test_one_parameter_by_its_name_is_allowed_by_its_arn(account: Account, role_of: As) -> None:
    here = account()
    one = f"arn:aws:ssm:{stage.REGION}:{stage.number_of(here)}:parameter/changecast/hub/one"
    ssm = role_of(here, stage.allow("ssm:GetParameters", one))("ssm")
    assert ssm.get_parameters(Names=["/changecast/hub/one"])["Parameters"] == []
    for names in (["/other"], ["/changecast/hub/one", "/other"]):
        with pytest.raises(ClientError, match="AccessDenied"):
            ssm.get_parameters(Names=names)


def test_the_targets_of_a_rule_are_allowed_by_the_rules_arn(account: Account, role_of: As) -> None:
    here = account()
    here.client("events").create_event_bus(Name="bus")
    stage.make_rule(here, "mine", {"source": ["x"]}, {"Arn": stage.make_queue(here, "q")[1]}, "bus")
    mine = f"arn:aws:events:{stage.REGION}:{stage.number_of(here)}:rule/bus/mine"
    events = role_of(here, stage.allow("events:ListTargetsByRule", mine))("events")
    assert len(events.list_targets_by_rule(Rule="mine", EventBusName="bus")["Targets"]) == 1
    with pytest.raises(ClientError, match="AccessDenied"):
        events.list_targets_by_rule(Rule="other", EventBusName="bus")


def test_reading_parameters_by_path_is_allowed_by_path(account: Account, role_of: As) -> None:
    here = account()
    below = f"arn:aws:ssm:{stage.REGION}:{stage.number_of(here)}:parameter/changecast/customers"
    ssm = role_of(here, stage.allow("ssm:GetParametersByPath", below))("ssm")
    assert ssm.get_parameters_by_path(Path="/changecast/customers")["Parameters"] == []
    with pytest.raises(ClientError, match="AccessDenied"):
        ssm.get_parameters_by_path(Path="/other")


def test_a_policy_variable_stands_for_the_callers_own_value(account: Account, role_of: As) -> None:
    here = account()
    mine, mine_arn = stage.make_queue(here, f"queue-{stage.number_of(here)}")
    other, _ = stage.make_queue(here, "queue-111111111111")
    pattern = mine_arn.replace(f"queue-{stage.number_of(here)}", "queue-${aws:PrincipalAccount}")
    sqs = role_of(here, stage.allow("sqs:SendMessage", pattern))("sqs")
    sqs.send_message(QueueUrl=mine, MessageBody="hint")
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.send_message(QueueUrl=other, MessageBody="hint")


def test_the_principal_arn_of_a_session_is_its_role(account: Account, role_of: As) -> None:
    here = account()
    role = f"arn:aws:iam::{stage.number_of(here)}:role/limited"
    url, arn = stage.make_queue(here, "hints")
    only_role = stage.allow("sqs:SendMessage", arn, ArnEquals={"aws:PrincipalArn": role})
    role_of(here, only_role)("sqs").send_message(QueueUrl=url, MessageBody="hint")
    assert len(stage.received(here, url)) == 1


def test_putting_events_may_be_limited_to_a_source_by_the_identity(
    account: Account, role_of: As
) -> None:
    here = account()
    own_source = {"ForAllValues:StringEquals": {"events:source": "test"}}
    events = role_of(here, stage.allow("events:PutEvents", "*", **own_source))("events")
    entry = {"Source": "test", "DetailType": "Tested", "Detail": "{}"}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="AccessDenied"):
        events.put_events(Entries=[entry | {"Source": "other"}])


def test_putting_on_anothers_bus_needs_the_identity_too(account: Account, role_of: As) -> None:
    here, there = account(), account()
    there.client("events").create_event_bus(Name="bus")
    there.client("events").put_permission(
        EventBusName="bus", StatementId="one", Action="events:PutEvents", Principal="*"
    )
    bus = f"arn:aws:events:{stage.REGION}:{stage.number_of(there)}:event-bus/bus"
    events = role_of(here, stage.allow("sqs:SendMessage", "*"))("events")
    entry = {"Source": "test", "DetailType": "Tested", "Detail": "{}", "EventBusName": bus}
    with pytest.raises(ClientError, match="no identity-based policy"):
        events.put_events(Entries=[entry])


def test_plain_http_to_this_machine_counts_as_secure_transport(
    account: Account, role_of: As
) -> None:
    here = account()
    url, arn = stage.make_queue(here, "hints")
    allowed = stage.allow("sqs:SendMessage", arn)
    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    insecure = deny | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    role_of(here, allowed, insecure)("sqs").send_message(QueueUrl=url, MessageBody="hint")
    assert len(stage.received(here, url)) == 1
