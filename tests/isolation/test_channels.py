"""Where a customer has channels: who reaches its topics and secrets, and who adds endpoints.

The customer makes topics and secrets itself, by the names that one role may use.
"""

import pytest

from testbed.expand import REGION
from tests.isolation.engine import answers
from tests.isolation.questions import ACTIONS, Context, ask
from tests.isolation.test_answers import ATTRIBUTES, LEADING, allowed
from tests.isolation.things import Thing
from tests.isolation.world import Principal, World, deployed

TOPIC, SECRET = "AWS::SNS::Topic", "AWS::SecretsManager::Secret"
MAY = {
    ("DeliverNoticeLogs", "logs:CreateLogStream"),
    ("DeliverNoticeLogs", "logs:PutLogEvents"),
    ("Ledger", "dynamodb:GetItem"),
    ("Ledger", "dynamodb:Query"),
    ("Ledger", "dynamodb:UpdateItem"),
    ("Mails", "s3:ListBucket"),
    ("Mails/runs", "s3:GetObject"),
    ("NoticesQueue", "sqs:ReceiveMessage"),
    ("NoticesQueue", "sqs:DeleteMessage"),
    ("NoticesQueue", "sqs:GetQueueAttributes"),
    ("NoticesQueue", "sqs:SendMessage"),
    ("ReportsQueue", "sqs:SendMessage"),
    ("Account", "xray:PutTraceSegments"),
    ("Account", "xray:PutTelemetryRecords"),
    ("Key/sqs", "kms:Decrypt"),
    ("Key/sqs", "kms:GenerateDataKey"),
    ("Key/dynamodb", "kms:Decrypt"),
    ("Key/s3", "kms:Decrypt"),
    ("Key/sns", "kms:Decrypt"),
    ("Key/sns", "kms:GenerateDataKey"),
}


@pytest.fixture(scope="module")
def world() -> World:
    return deployed(2, customer={"Channels": "yes"})


@pytest.fixture(scope="module")
def deliver(world: World) -> Principal:
    return world.who("acme", "DeliverNoticeRole")


def topic(world: World, owner: str, name: str) -> Thing:
    account = world.accounts[owner]
    arn = f"arn:aws:sns:{REGION}:{account}:{name}"
    return Thing(arn, account, owner, name, TOPIC, None)


def secret(world: World, owner: str, name: str) -> Thing:
    account = world.accounts[owner]
    arn = f"arn:aws:secretsmanager:{REGION}:{account}:secret:{name}-AbCdEf"
    return Thing(arn, account, owner, name, SECRET, None)


def who_may(world: World, action: str, what: Thing) -> set[str]:
    """Everybody but the administrator of the account."""
    asked = [ask(who, action, what) for who in world.principals]
    found = zip(world.principals, answers(asked), strict=True)
    return {f"{who.owner} {who.kind}" for who, yes in found if yes and who.kind != "Administrator"}


def test_the_function_may_do_what_is_listed_and_nothing_else(
    world: World, deliver: Principal
) -> None:
    tries = [(what, action) for what in world.things for action in ACTIONS[what.type]]
    assert set(allowed(deliver, tries, {})) == {f"acme {name} {action}" for name, action in MAY}


@pytest.mark.parametrize("name", ["changecast-changes", "changecast-sms"])
def test_one_role_of_its_own_account_publishes_to_a_chats_topic(world: World, name: str) -> None:
    assert who_may(world, "sns:Publish", topic(world, "acme", name)) == {"acme DeliverNoticeRole"}
    assert who_may(world, "sns:Subscribe", topic(world, "acme", name)) == set()


@pytest.mark.parametrize("name", ["orders", "my-changecast-changes", "changecast"])
def test_nobody_of_ours_publishes_to_another_topic_of_the_account(world: World, name: str) -> None:
    assert who_may(world, "sns:Publish", topic(world, "acme", name)) == set()


def test_one_role_of_its_own_account_reads_a_webhooks_secret(world: World) -> None:
    ours = secret(world, "acme", "changecast/channels/ops")
    assert who_may(world, "secretsmanager:GetSecretValue", ours) == {"acme DeliverNoticeRole"}
    for action in ("secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"):
        assert who_may(world, action, ours) == {"acme ContactsManagerRole"}


@pytest.mark.parametrize("name", ["database", "changecast/channels", "prod/changecast/channels/x"])
def test_nobody_of_ours_reads_or_writes_another_secret(world: World, name: str) -> None:
    for action in ACTIONS[SECRET]:
        assert who_may(world, action, secret(world, "acme", name)) == set()


@pytest.mark.parametrize("action", ["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"])
def test_the_customers_own_people_write_endpoints_and_nothing_else_of_the_ledger(
    world: World, action: str
) -> None:
    people, ledger = world.who("acme", "ContactsManagerRole"), world.what("acme", "Ledger")

    def may(partition: str) -> bool:
        context: Context = {LEADING: [partition]}
        return bool([*allowed(people, [(ledger, f"dynamodb:{action}")], context)])

    assert may("channels")
    turns = {"control-plane"} if action in ("GetItem", "Query", "UpdateItem") else set()
    others = (
        "account",
        "control-plane",
        "run#1",
        "run#1#90001",
        "changes",
        "channels#1",
        "person#1",
    )
    assert {one for one in others if may(one)} == turns


def test_an_operator_of_the_provider_changes_no_endpoint(world: World) -> None:
    """What is not in the list of attributes is refused: where it leads, what it is told of."""
    operator, ledger = world.who("acme", "OperatorRole"), world.what("acme", "Ledger")
    for attribute in ("target", "topics", "secret", "tests", "off", "rotated_at"):
        context: Context = {LEADING: ["channels"], ATTRIBUTES: ["pk", "sk", attribute]}
        assert [*allowed(operator, [(ledger, "dynamodb:UpdateItem")], context)] == []


def test_without_channels_nothing_of_it_is_deployed() -> None:
    world = deployed(1)
    names = [what.name for what in world.things] + [who.kind for who in world.principals]
    assert [name for name in names if "Notice" in name or "Channel" in name] == []
