"""docs/policies/deploy-*.json: enough to deploy by AWS's handler permissions, and no more.

The policies are evaluated as IAM does it, on every resource that the templates make and for every
call of CloudFormation, of sam and of our own command.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from tests.support.deploy_rights import (
    BUS,
    CUSTOMER,
    HUB,
    KEY,
    ROUTE,
    Need,
    of_sam,
    of_stack,
    of_template,
)
from tests.support.policy_documents import FOLDER, document, failing, without

LAYER = "arn:aws:lambda:eu-central-1:222222222222:layer:looks:1"
SAM = ("deploy-sam",)
RESPONSES = {
    "Responses": "yes",
    "ResponseDomain": "answers.acme.example",
    "ResponseCertificateArn": "arn:aws:acm:eu-central-1:222222222222:certificate/1",
}
SETS: Mapping[str, tuple[str, ...]] = {
    HUB: (*SAM, "deploy-hub-1", "deploy-hub-2"),
    CUSTOMER: (*SAM, "deploy-customer-1", "deploy-customer-2"),
    ROUTE: (*SAM, "deploy-route"),
    BUS: (*SAM, "deploy-bus"),
}
# An optional feature has its own document, in addition to those of the template.
OPTIONS: Mapping[str, tuple[tuple[str, Mapping[str, str]], ...]] = {
    "deploy-key": ((HUB, {"KmsKeyId": KEY}), (CUSTOMER, {"KmsKeyId": KEY})),
    "deploy-layer": ((CUSTOMER, {"TemplatesLayer": LAYER}),),
    "deploy-responses": (
        (CUSTOMER, RESPONSES),
        (CUSTOMER, {**RESPONSES, "ResponseConcurrency": "5"}),
    ),
    "deploy-email": ((HUB, {"AlertEmail": "operations@provider.example"}),),
}
DATA = (
    "dynamodb:DeleteTable", "events:DeleteArchive", "kms:ScheduleKeyDeletion",
    "logs:DeleteLogGroup", "s3:DeleteBucket", "s3:DeleteObject", "ses:DeleteContactList",
    "ses:DeleteEmailIdentity", "sqs:DeleteQueue",
)  # fmt: skip
READS_OF_DATA = (
    "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "ses:ListContacts", "ses:SendEmail",
    "sqs:ReceiveMessage", "events:PutEvents", "lambda:InvokeFunction",
)  # fmt: skip


def everything() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("deploy-*.json"))


@cache
def resource_needs(template: str) -> tuple[Need, ...]:
    return tuple(of_template(template))


@cache
def needs(template: str) -> tuple[Need, ...]:
    return (*resource_needs(template), *of_stack(template), *of_sam())


@cache
def optional_needs(option: str) -> tuple[tuple[Need, ...], ...]:
    """What each use of an option needs."""
    return tuple(tuple(of_template(template, **more)) for template, more in OPTIONS[option])


def option_needs(option: str) -> tuple[Need, ...]:
    return tuple(need for one in optional_needs(option) for need in one)


def sets_of(option: str) -> set[str]:
    return {name for template, _ in OPTIONS[option] for name in SETS[template]}


@pytest.mark.parametrize("template", SETS)
def test_the_documents_are_enough_to_create_change_delete_and_recover(template: str) -> None:
    assert failing(needs(template), map(document, SETS[template])) == []


@pytest.mark.parametrize("option", OPTIONS)
def test_an_optional_feature_needs_its_own_document_and_nothing_else(option: str) -> None:
    without = [document(name) for name in sets_of(option)]
    assert failing(option_needs(option), without) != []
    assert failing(option_needs(option), [*without, document(option)]) == []


def removals() -> Iterator[Any]:
    for name in everything():
        actions = {each for one in document(name)["Statement"] for each in one["Action"]}
        for action in sorted(actions):
            yield pytest.param(name, action, id=f"{name}-{action}")


@pytest.mark.parametrize(("name", "action"), list(removals()))
def test_without_any_one_action_a_step_fails(name: str, action: str) -> None:
    less = without(document(name), action)
    steps: list[str] = []
    for wanted, documents in uses_of(name):
        others = [document(each) for each in documents if each != name]
        steps += failing([need for need in wanted if need.action == action], [*others, less])
    assert steps, f"{name} allows {action} for nothing"


def uses_of(name: str) -> Iterator[tuple[tuple[Need, ...], tuple[str, ...]]]:
    """What a document is for: what is needed, and the documents that are held beside it."""
    for template, documents in SETS.items():
        if name in documents:
            yield needs(template), documents
    if name in OPTIONS:
        for (template, _), wanted in zip(OPTIONS[name], optional_needs(name), strict=True):
            yield wanted, SETS[template]


@pytest.mark.parametrize("name", everything())
def test_a_document_is_a_policy_that_iam_takes_in_every_partition(name: str) -> None:
    policy = document(name)
    written = json.dumps(policy, separators=(",", ":"))
    assert len(written) <= 6_144
    assert "arn:aws" not in written
    for statement in policy["Statement"]:
        assert not any("*" in action for action in statement["Action"])


@pytest.mark.parametrize("action", DATA)
def test_data_is_deleted_by_cloudformation_and_by_nobody_else(action: str) -> None:
    documents = [document(name) for name in everything()]
    through = [n for template in SETS for n in needs(template) if n.action == action]
    directly = [replace(need, by_cloudformation=False) for need in through]
    assert through
    assert failing(through, documents) == []
    assert len(failing(directly, documents)) == len({need.arn for need in through})


@pytest.mark.parametrize("action", READS_OF_DATA)
def test_the_person_who_deploys_reads_no_data(action: str) -> None:
    for name in everything():
        assert not any(action in one["Action"] for one in document(name)["Statement"])


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("iam:PutRolePolicy", "arn:aws:iam::111111111111:role/Admin"),
        ("iam:PassRole", "arn:aws:iam::111111111111:role/Admin"),
        ("dynamodb:DeleteTable", "arn:aws:dynamodb:eu-central-1:111111111111:table/orders"),
        ("s3:DeleteBucket", "arn:aws:s3:::backups-of-changecast"),
        ("sqs:SetQueueAttributes", "arn:aws:sqs:eu-central-1:111111111111:orders"),
        ("ssm:PutParameter", "arn:aws:ssm:eu-central-1:111111111111:parameter/other"),
        ("ses:DeleteContactList", "arn:aws:ses:eu-central-1:111111111111:contact-list/staff"),
        ("cloudformation:DeleteStack",
         "arn:aws:cloudformation:eu-central-1:111111111111:stack/orders/1"),
    ],
)  # fmt: skip
def test_what_is_not_ours_is_out_of_reach(action: str, arn: str) -> None:
    (step,) = failing([Need("reach", action, arn)], map(document, everything()))
    assert step.startswith("reach: ")


@pytest.mark.parametrize("template", SETS)
def test_the_right_to_deploy_one_side_is_none_to_deploy_another(template: str) -> None:
    others = [other for other in SETS if other != template]
    for other in others:
        assert failing(resource_needs(other), map(document, SETS[template])) != []
