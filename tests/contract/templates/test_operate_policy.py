"""docs/policies/operate-*.json: enough for every verb of the command, and no more.

What a verb calls is read from its code; on what, is in tests/support/operate_rights.py.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import botocore.session
import pytest
import typer
from botocore import xform_name

from changecast_cli.verbs import VERBS
from testbed.expand import expanded
from tests.contract.templates.calls import WORDS, reachable
from tests.support.deploy_rights import Need
from tests.support.operate_rights import INTAKE, STEPS, needs
from tests.support.policy_documents import FOLDER, document, failing, without

HUB, CUSTOMER = ("operate-hub",), ("operate-customer",)
BOTH = (*HUB, *CUSTOMER)
PROPOSE = (*HUB, "operate-propose")
REPAIR = "operate-repair"
DEPLOY = ("deploy-sam", "deploy-hub-1", "deploy-hub-2", "deploy-route", "deploy-bus",
          "deploy-customer-1", "deploy-customer-2")  # fmt: skip
CONTACTS = ("operate-contacts",)
# Which documents a verb needs; README.md of docs/policies says the same to people.
DOCUMENTS: Mapping[str, tuple[str, ...]] = {
    "validate": (), "cost": (), "preview": (),
    "announce": (*BOTH, "operate-break-glass"), "propose": PROPOSE,
    "approve": (*BOTH, "operate-approve"), "proposals": (*HUB, "operate-approve"),
    "start": PROPOSE, "complete": PROPOSE, "freeze": (*HUB, "operate-freeze"),
    "console": (*BOTH, REPAIR, *DEPLOY, "operate-evidence", "operate-propose", "operate-approve",
                "operate-break-glass"),
    "status": HUB, "agenda": HUB, "history": HUB, "report": HUB,
    "recipients": BOTH, "trace": BOTH, "held": BOTH, "resume": BOTH, "redrive": BOTH,
    "responses": HUB, "replay": (*BOTH, "operate-propose"),
    "discard": PROPOSE, "reannounce": (*BOTH, "operate-propose"),
    "evidence": (*BOTH, "operate-evidence"),
    "doctor": (*BOTH, REPAIR), "repair": (*BOTH, REPAIR, *DEPLOY),
    "customers": (*BOTH, REPAIR, *DEPLOY, "operate-propose"),
    "contacts": (*CONTACTS, "operate-links"),
    "channels": ("operate-channels",),
    "forget": (*CONTACTS, "operate-forget", "operate-links"), "send-test": ("operate-send-test",),
}  # fmt: skip
SERVICES = ("cloudformation", "cloudwatch", "dynamodb", "events", "iam", "kms", "lambda", "s3",
            "secretsmanager", "service-quotas", "sesv2", "sns", "sqs", "ssm", "sts",
            "xray", "apigatewayv2")  # fmt: skip
PREFIXES = {"sesv2": "ses", "service-quotas": "servicequotas"}
# Nobody needs a right for these, or the name is that of another library's method, and why.
FREE = {
    "sts:GetCallerIdentity",  # AWS asks for no right
    "cloudformation:GetTemplate",  # Jinja's get_template
    "dynamodb:TransactWriteItems",  # each item in it needs the right of its kind
}
# IAM's name where it is not the operation's.
RENAMED = {
    "apigatewayv2:GetStage": "apigateway:GET",
    "s3:ListObjectsV2": "s3:ListBucket",
    "lambda:Invoke": "lambda:InvokeFunction",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
# SES asks for both rights where a mail is raw MIME; without the other one, S3 answers 403 for an
# object that is not there; a session with a source identity takes it along.
ALSO = {
    "ses:SendEmail": "ses:SendRawEmail",
    "s3:GetObject": "s3:ListBucket",
    "sts:AssumeRole": "sts:SetSourceIdentity",
}
# What a change system calls, and what the doctor or the runbook prints for a person to type with
# AWS's own command.
TYPED = {
    "operate-customer": frozenset({"cloudwatch:GetMetricStatistics", "events:ListRules"}),
    "operate-intake": frozenset({"s3:PutObject", "s3:GetObject", "s3:ListBucket"}),
    REPAIR: frozenset({
        "sqs:PurgeQueue", "sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage",
        "sqs:GetQueueAttributes", "sqs:SendMessage",
    }),
}  # fmt: skip


@cache
def operations() -> Mapping[str, str]:
    """Client method -> what IAM calls it."""
    found: dict[str, str] = {}
    session = botocore.session.get_session()
    for service in SERVICES:
        for name in session.get_service_model(service).operation_names:
            action = f"{PREFIXES.get(service, service)}:{name}"
            found.setdefault(xform_name(name), RENAMED.get(action, action))
    return found | {"tag": "", "publish": "sns:Publish"}


def called(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and operations().get(part.attr):
            yield operations()[part.attr]
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield from _spelt(part.value)


def _spelt(word: str) -> Iterator[str]:
    """A paginator's name, or the kind of a transaction's item."""
    if word in WORDS:
        yield WORDS[word]
    elif "_" in word and word in operations():
        yield operations()[word]


def commands() -> Iterator[tuple[str, Any]]:
    """Every verb of the command, and each verb of a group: (verb, function)."""
    for name, verb in VERBS.items():
        module, _, attribute = verb.where.partition(":")
        if not module.startswith("local."):  # the embedded cloud
            found = getattr(import_module(f"changecast_cli.{module}"), attribute)
            yield from ((name, each) for each in _functions(found))


def _functions(found: Any) -> Iterator[Any]:
    if not isinstance(found, typer.Typer):
        yield found
        return
    yield from (each.callback for each in found.registered_commands)
    for group in found.registered_groups:
        yield from _functions(group.typer_instance)


@cache
def actions_of(verb: str) -> frozenset[str]:
    every = [
        reachable(function.__module__, function.__name__, called)
        for name, function in commands()
        if name == verb
    ]
    found = frozenset[str]().union(*every)
    return (found | {ALSO[each] for each in found if each in ALSO}) - FREE


def allowed_by(*names: str) -> set[str]:
    statements = [one for name in names for one in document(name)["Statement"]]
    return {action for one in statements for action in one["Action"]}


def test_every_document_and_every_verb_is_known_here() -> None:
    assert set(STEPS) == {path.stem for path in FOLDER.glob("operate-*.json")}
    assert set(DOCUMENTS) == {verb for verb, _ in commands()}


@pytest.mark.parametrize("verb", DOCUMENTS)
def test_a_verb_calls_only_what_its_documents_allow(verb: str) -> None:
    assert actions_of(verb) - allowed_by(*DOCUMENTS[verb]) == set()


@pytest.mark.parametrize("name", STEPS)
def test_a_document_allows_only_what_some_verb_calls(name: str) -> None:
    verbs = [verb for verb, names in DOCUMENTS.items() if name in names]
    some = frozenset[str]().union(*(actions_of(verb) for verb in verbs))
    assert allowed_by(name) - some - TYPED.get(name, frozenset()) == set()


@pytest.mark.parametrize("name", STEPS)
def test_the_documents_are_enough_to_operate(name: str) -> None:
    assert failing(needs(name), [document(name)]) == []


def removals() -> Iterator[Any]:
    for name in STEPS:
        for action in sorted(allowed_by(name)):
            yield pytest.param(name, action, id=f"{name}-{action}")


@pytest.mark.parametrize(("name", "action"), [*removals()])
def test_without_any_one_action_a_step_fails(name: str, action: str) -> None:
    wanted = [need for need in needs(name) if need.action == action]
    assert failing(wanted, [without(document(name), action)]), f"{name} allows {action} for nothing"


@pytest.mark.parametrize("name", STEPS)
def test_without_any_one_resource_a_step_fails(name: str) -> None:
    whole = document(name)
    for at, statement in enumerate(whole["Statement"]):
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else []:
            less = json.loads(json.dumps(whole))
            less["Statement"][at]["Resource"] = [each for each in resources if each != resource]
            assert failing(needs(name), [less]), f"{name} names {resource} for nothing"


@pytest.mark.parametrize("name", STEPS)
def test_a_document_is_a_policy_that_iam_takes_in_every_partition(name: str) -> None:
    policy = document(name)
    written = json.dumps(policy, separators=(",", ":"))
    assert len(written) <= 6_144
    assert "arn:aws" not in written
    assert not any("*" in action for action in allowed_by(name))


@pytest.mark.parametrize(
    "key", ["announced/CHG-1/1.json", "proposals/bob/CHG-1.json", "published/CHG-1.json", "x.json"]
)
def test_a_change_system_writes_and_reads_nothing_else_in_the_intake_bucket(key: str) -> None:
    wanted = [
        Need("intake", action, f"{INTAKE}/{key}", (), by_cloudformation=False)
        for action in ("s3:PutObject", "s3:GetObject")
    ]
    assert len(failing(wanted, [document("operate-intake")])) == len(wanted)


def test_an_operator_changes_the_ledger_as_the_operator_role_may() -> None:
    """A person with a profile may redirect no mail either."""
    role = expanded("template.yaml")["Resources"]["OperatorRole"]["Properties"]
    policies = [one["Fn::If"][1] if "Fn::If" in one else one for one in role["Policies"]]
    theirs = [each for one in policies for each in one["PolicyDocument"]["Statement"]]
    ours = document("operate-customer")["Statement"]

    def changes(statements: list[Any]) -> list[Any]:
        return [one["Condition"] for one in statements if "UpdateItem" in str(one["Action"])]

    assert changes(ours) == changes(theirs)
