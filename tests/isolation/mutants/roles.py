"""Roles with more rights, and roles that more principals may assume."""

from collections.abc import Callable
from typing import Any

from testbed.expand import Template

Weakening = Callable[[Template], object]
REPORTER = "ReportDeliveryRole"
BUS = {"Fn::GetAtt": ["Bus", "Arn"]}
FUNCTION = {"Fn::GetAtt": ["SendMailFunction", "Arn"]}
INTAKE = {"Fn::Sub": "${Intake.Arn}/*"}
ROUTES_QUEUES = {
    "Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:changecast-route-*"
}
LEDGER = {"Fn::GetAtt": ["Ledger", "Arn"]}
OUTCOMES = {"Fn::GetAtt": ["OutcomesQueue", "Arn"]}
MAILS = {"Fn::Sub": "${Mails.Arn}/*"}
SES = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"
LISTS = {"Fn::Sub": f"{SES}contact-list/*"}
IDENTITY = {"Fn::Sub": f"{SES}identity/${{SenderIdentity}}"}
BUSES = {"Fn::Sub": "arn:${AWS::Partition}:events:*:*:event-bus/changecast"}
RULES = (
    "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/changecast-hub*/"
    "changecast-route-${CustomerCode}"
)
HUBS_BUSES = {"Fn::Sub": "arn:${AWS::Partition}:events:*:${HubAccount}:event-bus/*"}


def _policies(template: Template, role: str) -> list[dict[str, Any]]:
    """A role's policies but the one about keys, which is a choice of two."""
    properties = template["Resources"][role]["Properties"]
    return [policy["PolicyDocument"] for policy in properties["Policies"] if "Fn::If" not in policy]


def _may(role: str, action: str, resource: Any) -> Weakening:
    """A role with one more right."""
    more = {"Effect": "Allow", "Action": action, "Resource": resource}
    return lambda template: _policies(template, role)[0]["Statement"].append(more)


def _on(role: str, action: str, resource: Any) -> Weakening:
    """The right that a role has, on another resource."""

    def weaken(template: Template) -> None:
        for policy in _policies(template, role):
            for statement in policy["Statement"]:
                if action in statement["Action"]:
                    statement["Resource"] = resource

    return weaken


def _as_anybody(template: Template) -> None:
    for statement in _policies(template, "SendMailRole")[0]["Statement"]:
        if "ses:SendEmail" in statement["Action"]:
            statement.pop("Condition")


def _update(template: Template) -> dict[str, Any]:
    """Return the operator's right to write items of runs; its turn at SES is another one."""
    found: dict[str, Any]
    (found,) = (
        statement
        for statement in _policies(template, "OperatorRole")[0]["Statement"]
        if statement["Action"] == "dynamodb:UpdateItem"
        and "dynamodb:LeadingKeys" not in statement["Condition"]["ForAllValues:StringEquals"]
    )
    return found


def _whole_items(template: Template) -> None:
    _update(template).pop("Condition")


def _address_too(template: Template) -> None:
    named = _update(template)["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]
    named.append("address")


def _one_is_enough(template: Template) -> None:
    condition = _update(template)["Condition"]
    condition["ForAnyValue:StringEquals"] = condition.pop("ForAllValues:StringEquals")


def _returned(template: Template) -> None:
    _update(template)["Condition"].pop("StringEqualsIfExists")


def _trust(template: Template, role: str) -> dict[str, Any]:
    document = template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]
    statement: dict[str, Any] = document["Statement"][0]
    return statement


def _taken_by(role: str, **principal: str) -> Weakening:
    return lambda template: _trust(template, role).update(Principal=principal)


def _taken_without(role: str, operator: str) -> Weakening:
    return lambda template: _trust(template, role)["Condition"].pop(operator)


def _taken_for(rules: str) -> Weakening:
    arns = {"aws:SourceArn": {"Fn::Sub": rules}}
    return lambda template: _trust(template, "Role")["Condition"].update(ArnLike=arns)


ROUTES = (
    ("role may put on every customer's bus", _on("Role", "events:PutEvents", BUSES)),
    ("role is taken for any rule", _taken_without("Role", "ArnLike")),
    ("role is taken for rules whose name begins like its own", _taken_for(f"{RULES}*")),
    ("role is taken for another customer's rule of a further bus", _taken_for(RULES + "-*.*")),
    ("role is taken for any account", _taken_without("Role", "StringEquals")),
    ("role is taken by anybody in the hub", _taken_by("Role", AWS="111111111111")),
)
CUSTOMERS = (
    ("the reporter is taken by EventBridge", _taken_by(REPORTER, Service="events.amazonaws.com")),
    ("the reporter is taken by the hub", _taken_by(REPORTER, AWS="111111111111")),
    ("the reporter may put on any bus", _on(REPORTER, "events:PutEvents", "*")),
    ("the reporter may put on any bus of the hub", _on(REPORTER, "events:PutEvents", HUBS_BUSES)),
    ("the operator needs no external id", _taken_without("OperatorRole", "StringEquals")),
    ("the operator comes from anywhere", _taken_by("OperatorRole", AWS="*")),
    ("the operator may mail", _may("OperatorRole", "ses:SendEmail", IDENTITY)),
    ("the operator may write whole items", _whole_items),
    ("the operator may change whom a mail goes to", _address_too),
    ("one right attribute among what the operator writes is enough", _one_is_enough),
    ("the operator is answered with whole items", _returned),
    ("the operator may list the contacts", _may("OperatorRole", "ses:ListContacts", LISTS)),
    ("contacts are kept by the hub", _taken_by("ContactsManagerRole", AWS="111111111111")),
    ("who keeps contacts may mail", _may("ContactsManagerRole", "ses:SendEmail", IDENTITY)),
    ("the planner may mail", _may("PlanDeliveryRole", "ses:SendEmail", IDENTITY)),
    ("the planner may do all to its ledger", _may("PlanDeliveryRole", "dynamodb:*", LEDGER)),
    ("the sender may make contacts", _may("SendMailRole", "ses:CreateContact", LISTS)),
    ("the sender may mail as anybody", _as_anybody),
    ("the sender may read any queue", _on("SendMailRole", "sqs:ReceiveMessage", "*")),
    ("the sender may write mails", _may("SendMailRole", "s3:PutObject", MAILS)),
    ("record_outcome may delete", _may("RecordOutcomeRole", "dynamodb:DeleteItem", LEDGER)),
    ("sweep may let others call it", _may("SweepRole", "lambda:AddPermission", FUNCTION)),
    ("sweep may take outcomes away", _may("SweepRole", "sqs:DeleteMessage", OUTCOMES)),
    ("sweep may mail", _may("SweepRole", "ses:SendRawEmail", IDENTITY)),
)
HUBS = (
    ("watch may take dead letters away", _may("WatchRole", "sqs:DeleteMessage", ROUTES_QUEUES)),
    ("watch may announce", _may("WatchRole", "events:PutEvents", BUS)),
    ("intake may overwrite what is dropped", _on("IntakeRole", "s3:PutObject", INTAKE)),
    ("the tracker may rewrite the registry", _may("TrackStatusRole", "ssm:PutParameter", "*")),
    ("the tracker may announce", _may("TrackStatusRole", "events:PutEvents", BUS)),
)
