"""Weakened policies of queues and of the bucket."""

from collections.abc import Callable
from typing import Any

from testbed.expand import Template

Weakening = Callable[[Template], object]
ANNOUNCEMENTS = "AnnouncementsQueuePolicy"
PATTERN = ("ArnLike", "aws:SourceArn")
ARN, ACCOUNT = ("ArnEquals", "aws:SourceArn"), ("StringEquals", "aws:SourceAccount")


def _statement(template: Template, policy: str) -> dict[str, Any]:
    document = template["Resources"][policy]["Properties"]["PolicyDocument"]
    statement: dict[str, Any] = document["Statement"][0]
    return statement


def _without(policy: str, condition: tuple[str, str]) -> Weakening:
    operator, key = condition
    return lambda template: _statement(template, policy)["Condition"][operator].pop(key)


def _anybody(policy: str) -> Weakening:
    return lambda template: _statement(template, policy).update(Principal="*")


def _anything(policy: str) -> Weakening:
    return lambda template: _statement(template, policy).update(Action="sqs:*")


def _clear_text(policy: str) -> Weakening:
    return lambda template: template["Resources"].pop(policy)


def _clear_objects(template: Template) -> None:
    """TLS is asked for the bucket only, not for what is in it."""
    statement = _statement(template, "MailsPolicy")
    statement["Resource"] = statement["Resource"][0]


CUSTOMERS = (
    ("the announcements queue takes from any rule", _without(ANNOUNCEMENTS, ARN)),
    ("the announcements queue takes for any account", _without(ANNOUNCEMENTS, ACCOUNT)),
    ("the announcements queue takes from anybody", _anybody(ANNOUNCEMENTS)),
    ("EventBridge may do anything to the queue", _anything(ANNOUNCEMENTS)),
    ("the outcomes queue takes from any rule", _without("OutcomesQueuePolicy", ARN)),
    ("mails may be read in clear text", _clear_text("MailsPolicy")),
    ("mails may be read in clear text, the bucket not", _clear_objects),
)
HUBS = (
    ("the status queue takes from any rule", _without("StatusQueuePolicy", PATTERN)),
    ("the status queue takes for any account", _without("StatusQueuePolicy", ACCOUNT)),
    ("the intake queue takes from any rule", _without("IntakeQueuePolicy", ARN)),
    ("dropped files may be read in clear text", _clear_text("IntakePolicy")),
    ("the alerts topic takes from any alarm", _without("AlertsTopicPolicy", PATTERN)),
    ("the alerts topic takes for any account", _without("AlertsTopicPolicy", ACCOUNT)),
    ("the alerts topic takes from anybody", _anybody("AlertsTopicPolicy")),
)
ROUTES = (("dead letters take from any rule", _without("DeadLettersPolicy", PATTERN)),)
