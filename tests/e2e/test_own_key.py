"""A customer with its own key: deployed by sam, and served like the others.

The embedded cloud tells no key of a table or a bucket; what the templates say of those is looked at
in contract/templates/test_encryption.py.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from changecast.hub.tracking.queries import reminders
from tests.support.provider import CROWDED, WITH_KEY, Provider, document, eventually

HOLDS = {"AWS::Logs::LogGroup", "AWS::SQS::Queue"}


def test_its_people_are_told(provider: Provider) -> None:
    change = document(customers=[WITH_KEY])

    ended = provider.announce_and_wait(change)

    assert ended["customers"][WITH_KEY]["state"] == "sent"
    assert len(provider.mails(change["changeId"], WITH_KEY)) == 5


def test_its_people_are_reminded_at_once_where_a_window_moves_that_close(
    provider: Provider,
) -> None:
    far, soon = (datetime.now(UTC) + timedelta(hours=hours) for hours in (240, 5))
    planned = document(customers=[WITH_KEY], **_window(far))
    provider.announce_and_wait(planned)
    provider.announce_and_wait({**planned, **_window(soon), "version": 2})

    def reminded() -> list[dict[str, Any]]:
        rows = reminders(provider.table, planned["changeId"])
        return [row for row in rows if row["state"] == "sent"]

    (row,) = eventually(reminded)

    assert (row["customer"], row["reminder"]["before"]) == (WITH_KEY, "24h")
    assert int(row["counts"]["sent"]) == 5
    assert len(provider.mails(planned["changeId"], WITH_KEY)) == 15
    status = provider.status(planned["changeId"])["customers"][WITH_KEY]
    assert (status["state"], status["counts"]["sent"]) == ("sent", 5)


def _window(start: datetime) -> dict[str, str]:
    end = start + timedelta(hours=1)
    return {"implementationStart": start.isoformat(), "implementationEnd": end.isoformat()}


def test_its_list_has_the_topic_of_the_weekly_overview_and_nobody_is_subscribed_to_it(
    provider: Provider,
) -> None:
    ses = provider.session(WITH_KEY).client("sesv2")
    topics = ses.get_contact_list(ContactListName="changecast")["Topics"]
    defaults = {one["TopicName"]: one["DefaultSubscriptionStatus"] for one in topics}
    assert defaults["digest"] == "OPT_OUT"
    hub = provider.session(CROWDED).client("sesv2")
    others = hub.get_contact_list(ContactListName="changecast")["Topics"]
    assert "digest" not in {one["TopicName"] for one in others}


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
