"""Weakened use of the keys that accounts have of their own: by roles, and by a key's own policy."""

from collections.abc import Callable
from typing import Any

from testbed.expand import Template

Weakening = Callable[[Any], object]
EVENTS, LOGS, SES, ALARMS = "EventBridgePuts", "CloudWatchKeeps", "SesReads", "AlarmsOf"


def _of_role(role: str) -> Callable[[Template], list[dict[str, Any]]]:
    """What a role may do with the key, where there is one."""

    def statements(template: Template) -> list[dict[str, Any]]:
        *_, last = template["Resources"][role]["Properties"]["Policies"]
        found: list[dict[str, Any]] = last["Fn::If"][1]["PolicyDocument"]["Statement"]
        return found

    return statements


def _role(role: str, change: Callable[[dict[str, Any]], object]) -> Weakening:
    def weaken(template: Template) -> None:
        for statement in _of_role(role)(template):
            change(statement)

    return weaken


def _also(role: str, action: str) -> Weakening:
    """The same services with one more action."""

    def weaken(template: Template) -> None:
        statements = _of_role(role)(template)
        statements.append(statements[0] | {"Action": action})

    return weaken


def _policy(begins: str, change: Callable[[dict[str, Any]], object]) -> Weakening:
    """A change of one statement of a key's policy, by how its Sid begins."""

    def weaken(policy: dict[str, Any]) -> None:
        (statement,) = (s for s in policy["Statement"] if s["Sid"].startswith(begins))
        change(statement)

    return weaken


def _unconditional(statement: dict[str, Any]) -> None:
    statement.pop("Condition")


def _like(key: str, value: str) -> Callable[[dict[str, Any]], object]:
    return lambda statement: statement.update(Condition={"ArnLike": {key: value}})


def _without(operator: str) -> Callable[[dict[str, Any]], object]:
    return lambda statement: statement["Condition"].pop(operator)


def _any_service(statement: dict[str, Any]) -> None:
    statement["Condition"] = {"StringLike": {"kms:ViaService": "*.amazonaws.com"}}


def _any_key(statement: dict[str, Any]) -> None:
    statement["Resource"] = {
        "Fn::Sub": "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*"
    }


def _both(statement: dict[str, Any]) -> None:
    statement["Action"] = ["kms:Decrypt", "kms:GenerateDataKey"]


CUSTOMERS: tuple[tuple[str, Weakening], ...] = (
    ("the sender uses the key by itself", _role("SendMailRole", _unconditional)),
    ("the sender uses the key through any service", _role("SendMailRole", _any_service)),
    ("the sender uses every key of its account", _role("SendMailRole", _any_key)),
    ("the reporter also encrypts", _also("ReportDeliveryRole", "kms:GenerateDataKey")),
    ("the operator lends the key to others", _also("OperatorRole", "kms:CreateGrant")),
    ("who keeps contacts also decrypts", _role("ContactsManagerRole", _both)),
)
HUBS: tuple[tuple[str, Weakening], ...] = (
    ("intake uses the key by itself", _role("IntakeRole", _unconditional)),
    ("the tracker uses every key of the hub", _role("TrackStatusRole", _any_key)),
)
POLICY_OF_CUSTOMERS: tuple[tuple[str, Weakening], ...] = (
    ("EventBridge uses it for whomever", _policy(EVENTS, _unconditional)),
    ("EventBridge uses it for queues of any account", _policy(
        EVENTS, _like("kms:EncryptionContext:aws:sqs:arn", "arn:aws:sqs:*:*:*"))),
    ("Logs uses it for logs of any account", _policy(
        LOGS, _like("kms:EncryptionContext:aws:logs:arn", "arn:aws:logs:*:*:log-group:*"))),
    ("SES uses it for any account", _policy(SES, _unconditional)),
    ("SES also encrypts", _policy(SES, _both)),
    ("anybody rules it", _policy("TheAccount", lambda rule: rule.update(Principal="*"))),
)  # fmt: skip
POLICY_OF_HUBS: tuple[tuple[str, Weakening], ...] = (
    ("alarms of any account use it", _policy(ALARMS, _without("StringEquals"))),
    ("whatever of CloudWatch uses it", _policy(ALARMS, _without("ArnLike"))),
    ("EventBridge uses it for whomever", _policy(EVENTS, _unconditional)),
)
