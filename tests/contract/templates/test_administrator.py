"""Fixes that the doctor prints for AWS's own command: docs/policies allows them, or it says so."""

import re
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor.administrator import (
    COMMANDS,
    COMMANDS_OF_CUSTOMERS,
    by_administrator,
)
from changecast_cli.doctor.look import in_its_account
from changecast_cli.doctor.verdicts import broken
from changecast_cli.local.deployer import (
    CUSTOMER_OPERATING,
    CUSTOMER_POLICIES,
    HUB_OPERATING,
    HUB_POLICIES,
)
from tests.support.policy_documents import FOLDER, document

DOCTOR = Path(__file__).parents[3] / "changecast_cli" / "doctor"
_TYPED = re.compile(r"\baws ([a-z0-9-]+) ([a-z-]+)")
_PREFIXES = {"sesv2": "ses", "service-quotas": "servicequotas"}
# What IAM asks for where it is not the operation's own name.
_MORE = {"sqs:StartMessageMoveTask": ("sqs:StartMessageMoveTask", "sqs:ReceiveMessage")}
# With alerts by mail, the hub's people have this document too.
HUB = (*HUB_POLICIES, *HUB_OPERATING, "deploy-email")
CUSTOMER = (*CUSTOMER_POLICIES, *CUSTOMER_OPERATING)


def commands() -> set[str]:
    """Every command of AWS's that the doctor's code prints."""
    text = "".join(path.read_text("utf-8") for path in DOCTOR.glob("*.py"))
    return {f"aws {service} {name}" for service, name in _TYPED.findall(text)}


def actions_of(command: str) -> tuple[str, ...]:
    _, service, name = command.split()
    model = botocore.session.get_session().get_service_model(service)
    (operation,) = (one for one in model.operation_names if xform_name(one, "-") == name)
    action = f"{_PREFIXES.get(service, service)}:{operation}"
    return _MORE.get(action, (action,))


def allowed(patterns: tuple[str, ...]) -> Iterator[str]:
    """What a person may do themselves, not only by CloudFormation."""
    for path in (path for pattern in patterns for path in FOLDER.glob(f"{pattern}.json")):
        for statement in document(path.stem)["Statement"]:
            if "aws:CalledVia" not in str(statement.get("Condition", "")):
                yield from statement["Action"]


def test_the_doctors_commands_are_found() -> None:
    assert {*COMMANDS_OF_CUSTOMERS, "aws sqs purge-queue"} <= commands()


@pytest.mark.parametrize("command", sorted(commands()))
@pytest.mark.parametrize(
    ("patterns", "marked"), [(HUB, COMMANDS), (CUSTOMER, COMMANDS_OF_CUSTOMERS)]
)
def test_a_fix_that_no_document_allows_is_for_an_administrator(
    command: str, patterns: tuple[str, ...], marked: tuple[str, ...]
) -> None:
    may = {*allowed(patterns)}
    assert (command in marked) is not all(action in may for action in actions_of(command))


RUNBOOK = sorted((DOCTOR.parents[1] / "docs" / "runbook").glob("*.md"))


@pytest.mark.parametrize("page", RUNBOOK, ids=lambda path: path.stem)
def test_a_command_of_the_runbook_is_allowed_or_for_an_administrator(page: Path) -> None:
    text = page.read_text("utf-8")
    may = {*allowed(HUB), *allowed(CUSTOMER)}
    commands = {
        f"aws {service} {name}" for service, name in _TYPED.findall(text) if service != "s3"
    }
    refused = [one for one in commands if not may.issuperset(actions_of(one))]
    assert not refused or "administrator" in text, refused


def test_the_verdict_says_who_must_type_it_and_the_fix_can_be_pasted() -> None:
    acme = CustomerStack(
        "acme", "222222222222", "eu-central-1", "Acme", "changes@acme.example", "UTC", "en", "",
        "changecast-acme",
    )  # fmt: skip
    fix = "aws sesv2 put-account-sending-attributes --sending-enabled"
    told = in_its_account(broken("sending", "is paused", fix), acme)
    assert told.reason == (
        "is paused. An administrator of account 222222222222 must run this fix: the policies in "
        "docs/policies do not allow it"
    )
    assert told.fix == f"{fix} --profile changecast-acme --region eu-central-1"
    allowed_one = broken("alerts", "nobody", "aws sns subscribe --topic-arn arn")
    assert by_administrator(allowed_one, "111111111111", is_hub=True) == allowed_one
