"""Where two persons announce: who may put, who proposes and approves, and under whose name."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from testbed.expand import ROOT, Template
from tests.isolation.engine import Request, answers
from tests.isolation.questions import ACTIONS, Context, ask
from tests.isolation.things import Thing
from tests.isolation.world import HUB, HUB_ACCOUNT, Principal, World, deployed, stacks

KIND, SOURCE, IDENTITY = "events:detail-type", "events:source", "aws:SourceIdentity"
ANNOUNCED: Context = {SOURCE: ["changecast.changes"], KIND: ["ChangeAnnounced"]}
ON = {"TwoPerson": "yes"}
TEMPLATE = "hub/template.yaml"
MAY = {
    ("Bus", "events:PutEvents"),
    ("ConfidentialSetting", "ssm:GetParameters"),
    ("Intake", "s3:ListBucket"),
    ("Intake/approvals", "s3:DeleteObject"),
    ("Intake/approvals", "s3:GetObject"),
    ("Intake/break-glass", "s3:DeleteObject"),
    ("Intake/break-glass", "s3:GetObject"),
    ("Intake/proposals", "s3:DeleteObject"),
    ("Intake/proposals", "s3:GetObject"),
    ("Intake/published", "s3:GetObject"),
    ("Intake/published", "s3:PutObject"),
    ("Intake/repeats", "s3:DeleteObject"),
    ("Intake/repeats", "s3:GetObject"),
    ("PublishApprovedLogs", "logs:CreateLogStream"),
    ("PublishApprovedLogs", "logs:PutLogEvents"),
    ("Registry", "ssm:GetParametersByPath"),
    ("RegistryEntry", "ssm:GetParameters"),
    ("StatusTable", "dynamodb:GetItem"),
    ("StatusTable", "dynamodb:PutItem"),
    ("StatusTable", "dynamodb:Query"),
    ("StatusTable", "dynamodb:UpdateItem"),
    ("TwoPersonsSetting", "ssm:GetParameters"),
    ("Account", "xray:PutTelemetryRecords"),
    ("Account", "xray:PutTraceSegments"),
    ("Key/dynamodb", "kms:Decrypt"),
    ("Key/s3", "kms:Decrypt"),
    ("Key/s3", "kms:GenerateDataKey"),
}


@pytest.fixture(scope="module")
def world() -> World:
    return deployed(2, hub=ON)


def person(*documents: str) -> Principal:
    """Somebody of the hub's account with these documents of docs/policies."""
    texts = [(ROOT / "docs" / "policies" / f"{name}.json").read_text("utf-8") for name in documents]
    arn = f"arn:aws:iam::{HUB_ACCOUNT}:role/engineer"
    # The bucket of the tests has a made-up name, as the stack's.
    policies = [json.loads(text.replace("changecast-hub-intake", "hub")) for text in texts]
    return Principal(arn, HUB_ACCOUNT, HUB, "Engineer", tuple(policies))


ENGINEER = person("operate-hub", "operate-propose", "operate-approve")
ADMINISTRATOR = deployed(1).who(HUB, "Administrator")
PEOPLE = {"engineer": ENGINEER, "administrator": ADMINISTRATOR}


def put(world: World, who: Principal, key: str, identity: str) -> Request:
    """An object of the intake bucket, put in a session with this source identity; "" for none."""
    intake = world.what(HUB, "Intake")
    there = Thing(f"{intake.arn}/{key}", HUB_ACCOUNT, HUB, "Intake", "object", intake.policy)
    return ask(who, "s3:PutObject", there, {IDENTITY: identity})


def allowed(world: World, who: Principal, key: str, identity: str) -> bool:
    return answers([put(world, who, key, identity)])[0]


def test_only_the_function_and_the_canary_put_announcements(world: World) -> None:
    bus = world.what(HUB, "Bus")
    people = [*world.principals, *PEOPLE.values()]
    requests = [ask(who, "events:PutEvents", bus, ANNOUNCED) for who in people]
    found = {who.kind for who, may in zip(people, answers(requests), strict=True) if may}
    assert found == {"PublishApprovedRole", "CanaryRole"}


def test_an_announcement_among_other_events_is_denied_and_others_are_not(world: World) -> None:
    bus, admin = world.what(HUB, "Bus"), world.who(HUB, "Administrator")
    tries: dict[tuple[str, ...], bool] = {
        ("ChangeAnnounced",): False,
        ("ChangeResponded", "ChangeAnnounced"): False,
        ("ChangeResponded",): True,
    }
    requests = [ask(admin, "events:PutEvents", bus, {KIND: [*kinds]}) for kinds in tries]
    assert answers(requests) == [*tries.values()]
    reporter = world.who("acme", "ReportDeliveryRole")
    assert answers([ask(reporter, "events:PutEvents", bus)]) == [True]


def test_without_it_nobody_is_stopped_and_nothing_of_it_is_deployed() -> None:
    off = deployed(1)
    bus, admin = off.what(HUB, "Bus"), off.who(HUB, "Administrator")
    assert answers([ask(admin, "events:PutEvents", bus, ANNOUNCED)]) == [True]
    names = [what.name for what in off.things] + [who.kind for who in off.principals]
    assert [name for name in names if "TwoPerson" in name or "PublishApproved" in name] == []


def test_the_function_may_do_what_is_listed_and_nothing_else(world: World) -> None:
    role = world.who(HUB, "PublishApprovedRole")
    tries = [(what, action) for what in world.things for action in ACTIONS[what.type]]
    requests = [
        ask(role, action, what, ANNOUNCED if action == "events:PutEvents" else None)
        for what, action in tries
    ]
    given = zip(tries, answers(requests), strict=True)
    found = {(what.owner, what.name, action) for (what, action), may in given if may}
    theirs = {one for one in found if one[0] != HUB and one[1] != "RegistryEntry"}
    assert theirs == set()
    assert {(name, action) for _, name, action in found} == MAY


TRIES: Mapping[str, tuple[str, bool]] = {
    "their own proposal": ("proposals/bob/CHG-1.json", True),
    "alice's proposal": ("proposals/alice/CHG-1.json", False),
    "a proposal of bobby": ("proposals/bobby/CHG-1.json", False),
    "an approval of alice's": ("approvals/alice/bob/CHG-1.json", True),
    "carol's approval of alice's": ("approvals/alice/carol/CHG-1.json", False),
    "an approval of their own": ("approvals/bob/bob/CHG-1.json", False),
    "carol's approval of their own": ("approvals/bob/carol/CHG-1.json", False),
    "an approval beside the folders": ("approvals/bob.json", False),
    "what they announce again": ("repeats/bob/CHG-1.json", True),
    "what carol announces again": ("repeats/carol/CHG-1.json", False),
    "what was published": ("published/CHG-1/1.json", False),
}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize(("key", "may"), TRIES.values(), ids=[*TRIES])
def test_bob_writes_under_his_own_name_only(world: World, who: str, key: str, *, may: bool) -> None:
    assert allowed(world, PEOPLE[who], key, "bob") is may
    assert not allowed(world, PEOPLE[who], key, "")


@pytest.mark.parametrize("who", PEOPLE)
def test_who_has_no_source_identity_writes_nothing(world: World, who: str) -> None:
    for key in ("proposals//CHG-1.json", "approvals/alice//CHG-1.json", "break-glass//CHG-1.json",
                "proposals/${aws:SourceIdentity}/CHG-1.json"):  # fmt: skip
        assert not allowed(world, PEOPLE[who], key, ""), key


def test_an_engineer_does_not_break_the_glass_without_the_document(world: World) -> None:
    key = "break-glass/bob/CHG-1.json"
    assert not allowed(world, ENGINEER, key, "bob")
    assert allowed(world, person("operate-hub", "operate-break-glass"), key, "bob")
    assert not allowed(world, person("operate-hub", "operate-break-glass"), key, "carol")


def test_the_approvers_document_alone_stops_who_proposed(world: World) -> None:
    """Each of two locks is enough: the person's document, and the bucket's policy."""
    approver = person("operate-approve")
    request = put(world, approver, "approvals/bob/bob/CHG-1.json", "bob")
    unlocked = Request(
        request.principal, request.action, request.resource, request.account, request.context,
        request.identity, None,
    )  # fmt: skip
    assert answers([unlocked]) == [False]


def _bus(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]["TwoPersonsPolicy"]["Properties"]["Statement"]
    return found


def _any_entry_may_differ(template: Template) -> None:
    condition = _bus(template)["Condition"]
    condition["ForAllValues:StringEquals"] = condition.pop("ForAnyValue:StringEquals")


def _own_account_may(template: Template) -> None:
    _bus(template)["Condition"]["ArnNotLike"] = {
        "aws:PrincipalArn": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*"}
    }


def _bucket(template: Template) -> list[Any]:
    found: list[Any] = template["Resources"]["IntakePolicy"]["Properties"]["PolicyDocument"][
        "Statement"
    ]
    return found


def _own_proposals_may_be_approved(template: Template) -> None:
    _bucket(template).pop()


def _any_name_in_approvals(template: Template) -> None:
    statement = _bucket(template)[1]["Fn::If"][1]
    statement["NotResource"].append({"Fn::Sub": "${Intake.Arn}/approvals/*"})


MUTANTS: Mapping[str, tuple[Callable[[Template], None], Callable[[World], bool]]] = {
    "one other event hides an announcement": (
        _any_entry_may_differ,
        lambda world: answers([_hidden(world)])[0],
    ),
    "any role of the hub's account may announce": (
        _own_account_may,
        lambda world: answers(
            [ask(ADMINISTRATOR, "events:PutEvents", world.what(HUB, "Bus"), ANNOUNCED)]
        )[0],
    ),
    "who proposes may approve": (
        _own_proposals_may_be_approved,
        lambda world: allowed(world, ADMINISTRATOR, "approvals/bob/bob/CHG-1.json", "bob"),
    ),
    "an approval may lie under any name": (
        _any_name_in_approvals,
        lambda world: allowed(world, ADMINISTRATOR, "approvals/alice/carol/CHG-1.json", "bob"),
    ),
}


def _hidden(world: World) -> Request:
    kinds: Context = {KIND: ["ChangeAnnounced", "ChangeResponded"]}
    return ask(ADMINISTRATOR, "events:PutEvents", world.what(HUB, "Bus"), kinds)


@pytest.mark.parametrize(("weaken", "gets_through"), MUTANTS.values(), ids=[*MUTANTS])
def test_a_weakened_policy_lets_through_what_the_tests_above_refuse(
    world: World, weaken: Callable[[Template], None], gets_through: Callable[[World], bool]
) -> None:
    assert not gets_through(world)
    assert gets_through(deployed(2, {TEMPLATE: weaken}, hub=ON))


def test_the_setting_names_the_bucket_and_the_function() -> None:
    stack = dict(stacks(1, hub=ON))[HUB]
    value = json.loads(stack.resources["TwoPersonsSetting"]["Value"])
    assert value == {
        "bucket": stack.name("Intake"),
        "function": stack.name("PublishApprovedFunction"),
    }
