"""The CloudFormation types of our templates: created, changed and deleted as on AWS."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.local import stage

Account = Callable[[], stage.Account]
Resources = dict[str, dict[str, Any]]

BUS = {"Type": "AWS::Events::EventBus", "Properties": {"Name": "bus"}}


@pytest.fixture
def here(account: Account) -> stage.Account:
    return account()


def deploy(here: stage.Account, resources: Resources, **outputs: Any) -> str:
    """Create or update the stack `one`; returns how it ended."""
    stacks = here.client("cloudformation")
    body = json.dumps(
        {"Resources": resources, "Outputs": {name: {"Value": v} for name, v in outputs.items()}}
    )
    known = [each["StackName"] for each in stacks.describe_stacks()["Stacks"]]
    if "one" in known:
        stacks.update_stack(StackName="one", TemplateBody=body)
    else:
        stacks.create_stack(StackName="one", TemplateBody=body)
    return str(
        stage.eventually(lambda: _ended(stacks.describe_stacks(StackName="one")["Stacks"][0]))
    )


def _ended(stack: dict[str, Any]) -> str | None:
    status = str(stack["StackStatus"])
    return None if status.endswith("IN_PROGRESS") else status


def delete(here: stage.Account) -> None:
    stacks = here.client("cloudformation")
    stacks.delete_stack(StackName="one")
    stage.eventually(lambda: not stacks.describe_stacks()["Stacks"])


def policy(principal: str, **more: Any) -> dict[str, Any]:
    statement = stage.allow("events:PutEvents", "*", **more) | {"Principal": {"AWS": principal}}
    return {
        "Type": "AWS::Events::EventBusPolicy",
        "Properties": {
            "EventBusName": {"Ref": "Bus"},
            "StatementId": "one",
            "Statement": statement,
        },
    }


def bus_policy(here: stage.Account) -> list[dict[str, Any]]:
    text = here.client("events").describe_event_bus(Name="bus").get("Policy")
    return list(json.loads(text)["Statement"]) if text else []


def test_a_bus_policy_is_set_replaced_and_taken_away(here: stage.Account) -> None:
    assert deploy(here, {"Bus": BUS, "Policy": policy("111111111111")}) == "CREATE_COMPLETE"
    (statement,) = bus_policy(here)
    assert (statement["Sid"], statement["Principal"]) == ("one", {"AWS": "111111111111"})
    assert deploy(here, {"Bus": BUS, "Policy": policy("222222222222")}) == "UPDATE_COMPLETE"
    (statement,) = bus_policy(here)
    assert statement["Principal"] == {"AWS": "222222222222"}
    assert deploy(here, {"Bus": BUS}) == "UPDATE_COMPLETE"
    assert bus_policy(here) == []


def archive(**more: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Events::Archive",
        **more,
        "Properties": {
            "ArchiveName": "kept",
            "SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]},
            "RetentionDays": 90,
            "EventPattern": {"detail-type": ["Tested"]},
        },
    }


def test_an_archive_is_made_changed_in_place_and_deleted(here: stage.Account) -> None:
    events = here.client("events")
    arn = {"Fn::GetAtt": ["Archive", "Arn"]}
    assert deploy(here, {"Bus": BUS, "Archive": archive()}, Arn=arn) == "CREATE_COMPLETE"
    made = events.describe_archive(ArchiveName="kept")
    assert (made["RetentionDays"], made["State"]) == (90, "ENABLED")
    outputs = here.client("cloudformation").describe_stacks(StackName="one")["Stacks"][0]["Outputs"]
    assert outputs[0]["OutputValue"] == made["ArchiveArn"]
    stage.put(here, "bus", {})
    changed = archive()
    changed["Properties"]["RetentionDays"] = 30
    assert deploy(here, {"Bus": BUS, "Archive": changed}, Arn=arn) == "UPDATE_COMPLETE"
    kept = events.describe_archive(ArchiveName="kept")
    assert (kept["RetentionDays"], kept["EventCount"]) == (30, 1)
    delete(here)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        events.describe_archive(ArchiveName="kept")


RETAINED: Resources = {
    "Bus": BUS,
    "Archive": archive(DeletionPolicy="Retain"),
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "Properties": {
            "TableName": "ledger",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        },
    },
    "List": {
        "Type": "AWS::SES::ContactList",
        "DeletionPolicy": "Retain",
        "Properties": {"ContactListName": "people"},
    },
    "Identity": {
        "Type": "AWS::SES::EmailIdentity",
        "DeletionPolicy": "Retain",
        "Properties": {"EmailIdentity": "acme.example"},
    },
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "hints"}},
}


def test_what_is_retained_outlives_its_stack_and_the_rest_goes(here: stage.Account) -> None:
    assert deploy(here, RETAINED) == "CREATE_COMPLETE"
    table = here.resource("dynamodb").Table("ledger")
    table.put_item(Item={"pk": "kept"})
    delete(here)
    assert table.get_item(Key={"pk": "kept"})["Item"] == {"pk": "kept"}
    table.meta.client.close()
    ses = here.client("sesv2")
    assert [each["ContactListName"] for each in ses.list_contact_lists()["ContactLists"]] == [
        "people"
    ]
    assert ses.get_email_identity(EmailIdentity="acme.example")
    assert here.client("events").describe_archive(ArchiveName="kept")["State"] == "ENABLED"
    assert here.client("sqs").list_queues().get("QueueUrls", []) == []


def test_a_second_contact_list_fails_the_stack_and_leaves_the_first(here: stage.Account) -> None:
    ses = here.client("sesv2")
    ses.create_contact_list(ContactListName="theirs")
    second = {"List": RETAINED["List"]}
    assert deploy(here, second) in {"ROLLBACK_COMPLETE", "CREATE_FAILED"}
    lists = ses.list_contact_lists()["ContactLists"]
    assert [each["ContactListName"] for each in lists] == ["theirs"]


def test_a_bus_policy_on_a_bus_that_is_not_there_fails_the_stack(here: stage.Account) -> None:
    orphan = policy("111111111111")
    orphan["Properties"]["EventBusName"] = "nowhere"
    assert deploy(here, {"Policy": orphan}) in {"ROLLBACK_COMPLETE", "CREATE_FAILED"}


def test_an_ssm_parameter_of_a_stack_is_read_by_path(here: stage.Account) -> None:
    entry = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/changecast/customers/acme", "Type": "String", "Value": "{}"},
    }
    assert deploy(here, {"Entry": entry}) == "CREATE_COMPLETE"
    found = here.client("ssm").get_parameters_by_path(Path="/changecast/customers")["Parameters"]
    assert [each["Name"] for each in found] == ["/changecast/customers/acme"]
    delete(here)
    assert (
        here.client("ssm").get_parameters_by_path(Path="/changecast/customers")["Parameters"] == []
    )
