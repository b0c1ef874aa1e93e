"""A customer with its own key: deployed by sam, and served like the others.

The embedded cloud tells no key of a table or a bucket; what the templates say of those is looked at
in contract/templates/test_encryption.py.
"""

from typing import Any

from tests.support.provider import WITH_KEY, Provider, document

HOLDS = {"AWS::Logs::LogGroup", "AWS::SQS::Queue"}


def test_its_people_are_told(provider: Provider) -> None:
    change = document(customers=[WITH_KEY])

    ended = provider.announce_and_wait(change)

    assert ended["customers"][WITH_KEY]["state"] == "sent"
    assert len(provider.mails(change["changeId"], WITH_KEY)) == 5


def test_its_queues_and_logs_are_under_the_key(provider: Provider) -> None:
    session = provider.session(WITH_KEY)
    stacks = session.client("cloudformation")
    found = stacks.describe_stack_resources(StackName="changecast")["StackResources"]
    (key,) = (one["KeyId"] for one in session.client("kms").list_keys()["Keys"])
    holding = [one for one in found if one["ResourceType"] in HOLDS]

    keys = {one["LogicalResourceId"]: _key_of(session, one) for one in holding}

    assert {kind["ResourceType"] for kind in holding} == HOLDS
    assert {name: used for name, used in keys.items() if key not in used} == {}


def _key_of(session: Any, resource: Any) -> str:
    name = resource["PhysicalResourceId"]
    if resource["ResourceType"] == "AWS::SQS::Queue":
        asked = {"QueueUrl": name, "AttributeNames": ["All"]}
        attributes = session.client("sqs").get_queue_attributes(**asked)["Attributes"]
        return str(attributes.get("KmsMasterKeyId", ""))
    groups = session.client("logs").describe_log_groups(logGroupNamePrefix=name)
    return str(groups["logGroups"][0].get("kmsKeyId", ""))
