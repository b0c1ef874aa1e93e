"""The doctor on the hub: its bus, who may report, every route, and what got stuck."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from changecast.registry import Customer, list_customers
from changecast_cli.doctor.health import waiting
from changecast_cli.doctor.patient import Patient, values
from changecast_cli.doctor.stack import canonical, partition_of, rule_verdict
from changecast_cli.doctor.verdicts import Verdict, broken, ok, warning

BUS, ARCHIVE = "changecast-hub", "changecast-announcements"
_DEPLOY = "sam build --config-env hub && sam deploy --config-env hub"


def reporters(patient: Patient) -> Iterator[Verdict]:
    """Every registered customer may report, each for itself, and nobody else may."""
    customers = list_customers(patient.session.client("ssm"))
    found = patient.session.client("events").describe_event_bus(Name=BUS)
    policy = json.loads(found.get("Policy") or '{"Statement": []}')["Statement"]
    allowed = {account for each in policy for account in _accounts(each)}
    registered = {each.account: each.code for each in customers.values()}
    silent = [code for account, code in registered.items() if account not in allowed]
    if silent:
        yield broken("reporters", f"may not report: {', '.join(sorted(silent))}", _DEPLOY)
    unknown = sorted(allowed - set(registered))
    if unknown:
        said = f"may report, but have no route: {', '.join(unknown)}"
        yield warning("reporters", said, "changecast customers list")
    wrong = [each for each in policy if not _as_in_the_template(each, partition_of(found["Arn"]))]
    if wrong:
        yield broken("bus-policy", "is not the template's", _DEPLOY)
    elif not silent and not unknown:
        yield ok("reporters", f"{len(registered)} customers")


def _accounts(statement: Mapping[str, Any]) -> list[str]:
    said = values(statement, "Principal", "AWS") or []
    arns = [said] if isinstance(said, str) else said
    return [arn.split(":")[4] if ":" in arn else arn for arn in arns]


def _as_in_the_template(statement: Mapping[str, Any], partition: str) -> bool:
    return canonical({**statement, "Principal": ""}) == canonical(expected_hub_policy(partition))


def expected_hub_policy(partition: str = "aws") -> dict[str, Any]:
    """What hub/template.yaml puts on the hub's bus, without Sid, Resource and whom it names."""
    return {
        "Effect": "Allow",
        "Principal": "",
        "Action": "events:PutEvents",
        "Condition": {
            "ArnLike": {"aws:PrincipalArn": f"arn:{partition}:iam::*:role/changecast-reporter"},
            "ForAllValues:StringEquals": {
                "events:source": "changecast.delivery.${aws:PrincipalAccount}",
                "events:detail-type": "DeliveryReported",
            },
            "Null": {"events:source": "false", "events:detail-type": "false"},
        },
    }


def archive(patient: Patient) -> Iterator[Verdict]:
    """Announcements are kept for replay."""
    try:
        found = patient.session.client("events").describe_archive(ArchiveName=ARCHIVE)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        yield broken("archive", "is gone: nothing can be replayed", _DEPLOY)
        return
    if found["State"] == "ENABLED":
        yield ok("archive", f"keeps {found['RetentionDays']} days")
    else:
        yield broken("archive", f"is {found['State']}", _DEPLOY)


def tracker_rules(patient: Patient) -> Iterator[Verdict]:
    """Announcements and reports reach the status table."""
    events = patient.session.client("events")
    for logical_id in ("TrackAnnouncedRule", "TrackReportedRule"):
        yield rule_verdict(events, logical_id, patient.name(logical_id) or "", BUS, "hub")


def route(hub: boto3.Session, customer: Customer) -> Iterator[Verdict]:
    """A customer's route: registry, rule, target, and nothing stuck on the way."""
    environment = f"{customer.code}-route"
    name = f"changecast-route-{customer.code}"
    verdict = rule_verdict(
        hub.client("events"), "route", name, customer.hub_bus, environment, customer.bus_arn
    )
    yield verdict
    if verdict.level != "ok":
        return
    yield from _pattern(hub, customer, environment)
    yield from _route_letters(hub, customer.code)


def _pattern(hub: boto3.Session, customer: Customer, environment: str) -> Iterator[Verdict]:
    name = f"changecast-route-{customer.code}"
    found = hub.client("events").describe_rule(Name=name, EventBusName=customer.hub_bus)
    if json.loads(found["EventPattern"]) != expected_pattern(customer.code):
        yield broken(
            "route-pattern",
            "is not the template's: others' announcements, or none",
            f"sam deploy --config-env {environment}",
        )


def expected_pattern(code: str) -> dict[str, Any]:
    """What hub/route.yaml matches."""
    return {
        "source": ["changecast.changes"],
        "detail-type": ["ChangeAnnounced"],
        "detail": {"$or": [{"customers": [code]}, {"withdrawn": [code]}]},
    }


def _route_letters(hub: boto3.Session, code: str) -> Iterator[Verdict]:
    stacks = hub.client("cloudformation").describe_stacks(StackName=f"changecast-route-{code}")
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stacks["Stacks"][0].get("Outputs", ())}
    number = waiting(hub.client("sqs"), outputs["DeadLettersUrl"])
    if number:
        look = f"changecast redrive --customer {code}"
        yield broken("route-letters", f"{number} announcements did not reach its bus", look)
