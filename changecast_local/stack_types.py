"""CloudFormation resource types that ministack lacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Events.html
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]


def install() -> None:
    """Register our types; ours replace those that are registered already."""
    register("AWS::Events::EventBusPolicy", create_bus_policy, delete_bus_policy)
    register("AWS::Events::Archive", create_archive, delete_archive, update_archive)


def register(
    name: str,
    create: Callable[[str, Properties, str], Created],
    delete: Callable[[str, Properties], Any],
    update: Callable[[str, Properties, Properties, str], Created] | None = None,
) -> None:
    """Teach CloudFormation a type. Without `update` a change creates it again under its name."""

    def replace(_physical_id: str, _old: Properties, new: Properties, stack: str) -> Created:
        return create("", new, stack)

    provisioners._RESOURCE_HANDLERS[name] = {
        "create": create,
        "delete": delete,
        "update": update or replace,
    }


def create_bus_policy(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """One statement of a bus's policy; the physical id is `bus|statement id`.

    ValueError if there is no such bus.
    """
    bus = _bus_name(properties.get("EventBusName") or "default")
    if bus != "default" and bus not in eventbridge._event_buses:
        raise ValueError(f"Event bus {bus} does not exist.")
    sid = properties["StatementId"]
    policy = eventbridge._event_bus_policies.setdefault(
        bus, {"Version": "2012-10-17", "Statement": []}
    )
    others = [statement for statement in policy["Statement"] if statement.get("Sid") != sid]
    policy["Statement"] = [*others, {**_statement(properties, bus), "Sid": sid}]
    return f"{bus}|{sid}", {}


def _statement(properties: Properties, bus: str) -> Properties:
    if properties.get("Statement"):
        return dict(properties["Statement"])
    principal = properties.get("Principal", "*")
    return {
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": properties.get("Action", "events:PutEvents"),
        "Resource": f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{bus}",
    }


def delete_bus_policy(physical_id: str, _properties: Properties) -> None:
    """Remove the statement from the bus's policy."""
    bus, _, sid = physical_id.partition("|")
    eventbridge._remove_permission({"EventBusName": bus, "StatementId": sid})


def create_archive(logical_id: str, properties: Properties, stack: str) -> Created:
    """Return an archive of a bus; ValueError if the name is taken or the bus is not there."""
    name = properties.get("ArchiveName") or provisioners._physical_name(
        stack, logical_id, max_len=48
    )
    _checked(eventbridge._create_archive(_archive(name, properties)))
    return name, {"Arn": eventbridge._archives[name]["ArchiveArn"], "ArchiveName": name}


def update_archive(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Created:
    """Retention, pattern and description change in place."""
    _checked(eventbridge._update_archive(_archive(physical_id, new)))
    arn = eventbridge._archives[physical_id]["ArchiveArn"]
    return physical_id, {"Arn": arn, "ArchiveName": physical_id}


def delete_archive(physical_id: str, _properties: Properties) -> None:
    """Delete the archive and its events."""
    eventbridge._delete_archive({"ArchiveName": physical_id})


def _archive(name: str, properties: Properties) -> Properties:
    pattern = properties.get("EventPattern", "")
    return {
        "ArchiveName": name,
        "EventSourceArn": properties["SourceArn"],
        "Description": properties.get("Description", ""),
        "RetentionDays": int(properties.get("RetentionDays", 0)),
        "EventPattern": pattern if isinstance(pattern, str) else json.dumps(pattern),
    }


def _bus_name(name_or_arn: str) -> str:
    return name_or_arn.split("/", 1)[1] if name_or_arn.startswith("arn:") else name_or_arn


def _checked(answer: tuple[int, dict[str, str], bytes]) -> None:
    if answer[0] >= 400:
        raise ValueError(json.loads(answer[2])["message"])
