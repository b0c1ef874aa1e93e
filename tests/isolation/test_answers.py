"""Where people may answer: what the function that anybody can call may do, and nobody else's links.

The function is the one door that the internet knows: each of its rights is listed here.
"""

from collections.abc import Iterator

import pytest

from tests.isolation.engine import answers
from tests.isolation.questions import ACTIONS, Context, ask
from tests.isolation.things import Thing
from tests.isolation.world import Principal, World, deployed

LEADING, ATTRIBUTES = "dynamodb:LeadingKeys", "dynamodb:Attributes"
RUNS, VIEWS, ANSWERS, PEOPLE = "run#1", "changes", "answers#CHG-1", "person#1"
CHOICES, TURNS = "preferences", "control-plane"
FOREIGN = ("account", TURNS, "event#1", "change#CHG-1", "changes#1", "runs", "")
CHECK = "dynamodb:ConditionCheckItem"
MAY = {
    ("RespondLogs", "logs:CreateLogStream"),
    ("RespondLogs", "logs:PutLogEvents"),
    ("Mails", "s3:ListBucket"),
    ("Mails/runs", "s3:GetObject"),
    ("DeliveriesQueue", "sqs:SendMessage"),
    ("ReportsQueue", "sqs:SendMessage"),
    ("PreferencesQueue", "sqs:SendMessage"),
    ("ResponseKeyring", "secretsmanager:GetSecretValue"),
    ("Account", "xray:PutTraceSegments"),
    ("Account", "xray:PutTelemetryRecords"),
    ("Key/sqs", "kms:Decrypt"),
    ("Key/sqs", "kms:GenerateDataKey"),
    ("Key/dynamodb", "kms:Decrypt"),
    ("Key/s3", "kms:Decrypt"),
}


@pytest.fixture(scope="module")
def world() -> World:
    return deployed(2, customer={"Responses": "yes"})


@pytest.fixture(scope="module")
def respond(world: World) -> Principal:
    return world.who("acme", "RespondRole")


def allowed(who: Principal, tries: list[tuple[Thing, str]], context: Context) -> Iterator[str]:
    requests = [ask(who, action, what, context) for what, action in tries]
    for (what, action), answer in zip(tries, answers(requests), strict=True):
        if answer:
            yield f"{what.owner} {what.name} {action}"


def test_the_function_may_do_what_is_listed_and_nothing_else(
    world: World, respond: Principal
) -> None:
    tries = [(what, action) for what in world.things for action in ACTIONS[what.type]]
    found = set(allowed(respond, tries, {LEADING: [VIEWS]}))
    ledger = {f"acme Ledger dynamodb:{action}" for action in ("GetItem", "Query")}
    assert found - ledger == {f"acme {name} {action}" for name, action in MAY}


@pytest.mark.parametrize(
    ("action", "partitions"),
    [
        ("dynamodb:GetItem", {RUNS, VIEWS, ANSWERS, PEOPLE, CHOICES}),
        ("dynamodb:Query", {VIEWS}),
        ("dynamodb:PutItem", {ANSWERS, PEOPLE}),
        (CHECK, {VIEWS}),
    ],
)
def test_it_reads_and_writes_its_own_part_of_the_ledger(
    world: World, respond: Principal, action: str, partitions: set[str]
) -> None:
    ledger = world.what("acme", "Ledger")
    every = (RUNS, VIEWS, ANSWERS, PEOPLE, CHOICES, *FOREIGN)
    found = {one for one in every if [*allowed(respond, [(ledger, action)], {LEADING: [one]})]}
    assert found == partitions
    mixed: Context = {LEADING: [*sorted(partitions), "account"]}
    assert [*allowed(respond, [(ledger, action)], mixed)] == []
    assert [*allowed(respond, [(ledger, action)], {LEADING: ""})] == []


def test_it_counts_answers_and_no_reports(world: World, respond: Principal) -> None:
    ledger = world.what("acme", "Ledger")

    def may(attributes: list[str], partition: str = "account") -> bool:
        context: Context = {LEADING: [partition], ATTRIBUTES: attributes}
        return bool([*allowed(respond, [(ledger, "dynamodb:UpdateItem")], context)])

    assert may(["pk", "sk", "response_seq"])
    assert not may(["pk", "sk", "report_seq"])
    assert not may(["pk", "sk", "response_seq", "tallied"])
    assert not may(["pk", "sk", "response_seq"], RUNS)


def test_nobody_reads_the_keys_of_links_but_who_makes_and_reads_links(world: World) -> None:
    keyring = world.what("acme", "ResponseKeyring")
    found = {
        f"{who.owner} {who.kind}"
        for who in world.principals
        if [*allowed(who, [(keyring, "secretsmanager:GetSecretValue")], {})]
    }
    assert found == {"acme Administrator", "acme RespondRole", "acme SendMailRole"}


def test_without_answers_nothing_of_it_is_deployed() -> None:
    world = deployed(1)
    names = [what.name for what in world.things] + [who.kind for who in world.principals]
    assert [name for name in names if "Respon" in name or "RefusedLinks" in name] == []


APPLIES = {
    ("ApplyPreferencesLogs", "logs:CreateLogStream"),
    ("ApplyPreferencesLogs", "logs:PutLogEvents"),
    ("PreferencesQueue", "sqs:ReceiveMessage"),
    ("PreferencesQueue", "sqs:DeleteMessage"),
    ("PreferencesQueue", "sqs:GetQueueAttributes"),
    ("CreatedContactList", "ses:GetContact"),
    ("CreatedContactList", "ses:ListContacts"),
    ("CreatedContactList", "ses:UpdateContact"),
    ("Account", "xray:PutTraceSegments"),
    ("Account", "xray:PutTelemetryRecords"),
    ("Key/sqs", "kms:Decrypt"),
    ("Key/dynamodb", "kms:Decrypt"),
}


def test_who_applies_choices_reaches_this_list_and_nothing_else(world: World) -> None:
    role = world.who("acme", "ApplyPreferencesRole")
    tries = [(what, action) for what in world.things for action in ACTIONS[what.type]]
    found = set(allowed(role, tries, {LEADING: [CHOICES]}))
    ledger = {f"acme Ledger dynamodb:{action}" for action in ("GetItem", "UpdateItem")}
    expected = {f"acme {name} {action}" for name, action in APPLIES}
    asked = {f"{what.owner} {what.name} {action}" for what, action in tries}
    assert found - ledger == expected & asked
    assert "acme CreatedContactList ses:UpdateContact" in found


@pytest.mark.parametrize(
    ("action", "partitions"),
    [
        ("dynamodb:GetItem", {RUNS, CHOICES, TURNS}),
        ("dynamodb:UpdateItem", {CHOICES, TURNS}),
        ("dynamodb:PutItem", set()),
        ("dynamodb:Query", set()),
    ],
)
def test_who_applies_choices_writes_choices_and_turns_only(
    world: World, action: str, partitions: set[str]
) -> None:
    role, ledger = world.who("acme", "ApplyPreferencesRole"), world.what("acme", "Ledger")
    every = {RUNS, VIEWS, ANSWERS, PEOPLE, CHOICES, *FOREIGN}
    found = {one for one in every if [*allowed(role, [(ledger, action)], {LEADING: [one]})]}
    assert found == partitions
