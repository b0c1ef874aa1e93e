"""Doctor checks of the hub: its bus, who may report, every route, and dead letters."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from changecast.hub.registry import DEFAULT_HUB_BUS, Customer, list_customers
from changecast.hub.routes import route_name, rule_name
from changecast.hub.tracking.commands import REPLAY, filled
from changecast_cli.deploying.samconfig_file import deployment_of
from changecast_cli.doctor.checked_account import CheckedAccount, values
from changecast_cli.doctor.health import waiting
from changecast_cli.doctor.stack import canonical, look_at_rule, partition_of, rule_to_queue
from changecast_cli.doctor.verdicts import Verdict, broken, ok, repair_of, warning
from changecast_cli.paging import pages
from changecast_cli.terminal import counted

BUS, ARCHIVE = DEFAULT_HUB_BUS, "changecast-announcements"
_FURTHER_BUS = re.compile(re.escape(BUS) + "-[0-9]+")
_MAY_ANNOUNCE = ("changecast-hub-publish-approved", "changecast-hub-canary")


def further_buses(hub: boto3.Session) -> list[str]:
    """Return the names of the hub's buses other than its first one."""
    listed = hub.client("events").list_event_buses
    found = [each["Name"] for each in pages(listed, "EventBuses", NamePrefix=f"{BUS}-")]
    return sorted(filter(_FURTHER_BUS.fullmatch, found), key=lambda name: (len(name), name))


def bus_of(checked: CheckedAccount) -> str:
    """Return the bus of a stack of the hub."""
    return checked.name("Bus") or BUS


def archive_of(bus: str) -> str:
    """Return the archive of one of the hub's buses."""
    return ARCHIVE if bus == BUS else bus


def reporters(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that exactly the bus's customers may report over it, each only for itself."""
    bus, everybody = bus_of(checked), list_customers(checked.session.client("ssm"))
    customers = {code: each for code, each in everybody.items() if each.hub_bus == bus}
    found = checked.session.client("events").describe_event_bus(Name=bus)
    whole = json.loads(found.get("Policy") or '{"Statement": []}')["Statement"]
    policy = [each for each in whole if each["Effect"] == "Allow"]
    allowed = {account for each in policy for account in _accounts(each)}
    registered = {each.account: each.code for each in customers.values()}
    silent = [code for account, code in registered.items() if account not in allowed]
    if silent:
        known = checked.parameters["CustomerAccounts"].split(",")
        drifted = {each.code for each in customers.values() if each.account in known}
        # The stack's own list has them, so the policy was changed by hand.
        fix = repair_of("hub") if drifted >= set(silent) else deployment_of(bus)
        yield broken("reporters", f"are not allowed to report: {', '.join(sorted(silent))}", fix)
    unknown = sorted(allowed - set(registered))
    if unknown:
        said = f"may report, but have no route: {', '.join(unknown)}"
        moved = [each for each in everybody.values() if each.account in unknown]
        fix = f"changecast customers move {moved[0].code} --bus {moved[0].hub_bus}" if moved else ""
        yield warning("reporters", said, fix or "changecast customers list")
    wrong = [each for each in policy if not _as_in_the_template(each, partition_of(found["Arn"]))]
    denied = [canonical(each) for each in whole if each["Effect"] != "Allow"]
    if wrong or denied != [canonical(each) for each in expected_denials(checked, found["Arn"])]:
        yield broken("bus-policy", "differs from the template", repair_of("hub"))
    elif not silent and not unknown:
        yield ok("reporters", counted(len(registered), "customer"))


def reports(hub: boto3.Session, customer: Customer) -> Iterator[Verdict]:
    """Check that the hub takes the reports of one customer."""
    bus = hub.client("events").describe_event_bus(Name=customer.hub_bus)
    if refused := reports_refused(bus, customer):
        yield broken("reports", refused, repair_of("hub"))
    else:
        yield ok("reports", f"may report over the hub's bus {customer.hub_bus}")


def reports_refused(bus: Mapping[str, Any], customer: Customer) -> str:
    """Return why the policy of the customer's hub bus refuses its reports; "" if it does not."""
    whole = json.loads(bus.get("Policy") or "{}").get("Statement", [])
    partition = partition_of(bus["Arn"])
    allowed = [each for each in whole if _as_in_the_template(each, partition)]
    if any(customer.account in _accounts(each) for each in allowed):
        return ""
    return (
        f"the hub refuses its reports: the policy of the bus {customer.hub_bus} does not allow "
        f"account {customer.account}"
    )


def _accounts(statement: Mapping[str, Any]) -> list[str]:
    said = values(statement, "Principal", "AWS") or []
    arns = [said] if isinstance(said, str) else said
    return [arn.split(":")[4] if ":" in arn else arn for arn in arns]


def _as_in_the_template(statement: Mapping[str, Any], partition: str) -> bool:
    return canonical({**statement, "Principal": ""}) == canonical(expected_hub_policy(partition))


def expected_hub_policy(partition: str = "aws") -> dict[str, Any]:
    """Return the hub's bus policy by hub/template.yaml, without Sid, Resource and accounts."""
    return {
        "Effect": "Allow",
        "Principal": "",
        "Action": "events:PutEvents",
        "Condition": {
            "ArnLike": {"aws:PrincipalArn": f"arn:{partition}:iam::*:role/changecast-reporter"},
            "ForAllValues:StringEquals": {
                "events:source": "changecast.delivery.${aws:PrincipalAccount}",
                "events:detail-type": ["DeliveryReported", "FreezeDeclared", "ResponseRecorded"],
            },
            "Null": {"events:source": "false", "events:detail-type": "false"},
        },
    }


def expected_denials(checked: CheckedAccount, bus_arn: str) -> list[dict[str, Any]]:
    """Return the statement of hub/template.yaml that stops everybody who announces alone."""
    if checked.parameters.get("TwoPerson") != "yes":
        return []
    account, partition = bus_arn.split(":")[4], partition_of(bus_arn)
    roles = [f"arn:{partition}:iam::{account}:role/{name}" for name in _MAY_ANNOUNCE]
    return [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "events:PutEvents",
            "Condition": {
                "ForAnyValue:StringEquals": {"events:detail-type": "ChangeAnnounced"},
                "ArnNotEquals": {"aws:PrincipalArn": roles},
            },
        }
    ]


def archive(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that announcements are archived for replay."""
    try:
        name = archive_of(bus_of(checked))
        found = checked.session.client("events").describe_archive(ArchiveName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        yield broken("archive", "was deleted, so nothing can be replayed", repair_of("hub"))
        return
    if found["State"] == "ENABLED":
        days = found["RetentionDays"]
        yield ok("archive", f"keeps {counted(days, 'day')}" if days else "keeps events forever")
    else:
        yield broken("archive", f"is {found['State']}", repair_of("hub"))


def tracker_rules(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that announcements and reports reach the status table."""
    for logical_id in ("TrackAnnouncedRule", "TrackReportedRule"):
        yield rule_to_queue(checked, logical_id, bus_of(checked))


def route(hub: boto3.Session, customer: Customer) -> Iterator[Verdict]:
    """Check a customer's route: registry, rule, target and dead letters."""
    environment = f"{customer.code}-route"
    name = rule_name(customer)
    rule = look_at_rule(
        hub.client("events"), "route", name, customer.hub_bus, environment, customer.bus_arn
    )
    yield rule.verdict
    if rule.verdict.level != "ok":
        return
    if json.loads(rule.pattern) != expected_pattern(customer.code):
        yield broken(
            "route-pattern",
            "differs from the template: it gets other customers' announcements, or none",
            repair_of(environment),
        )
    yield from _route_letters(hub, customer.code)


def expected_pattern(code: str) -> dict[str, Any]:
    """Return the event pattern of hub/route.yaml."""
    return {
        "source": ["changecast.changes"],
        "detail-type": ["ChangeAnnounced"],
        "detail": {"$or": [{"customers": [code]}, {"withdrawn": [code]}]},
    }


def _route_letters(hub: boto3.Session, code: str) -> Iterator[Verdict]:
    stacks = hub.client("cloudformation").describe_stacks(StackName=route_name(code))
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stacks["Stacks"][0].get("Outputs", ())}
    if number := waiting(hub.client("sqs"), outputs["DeadLettersUrl"]):
        said = f"{counted(number, 'announcement')} did not reach the customer's bus"
        yield broken("route-letters", said, filled(REPLAY, "", code))
