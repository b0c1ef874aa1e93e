"""Drift-aware change sets: ministack compares templates only, and reads few resource types.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
"""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudformation, cloudwatch, eventbridge, iam, ses_v2, sqs
from ministack.services.cloudformation import changesets, drift, helpers

from changecast_local.ses import store

Properties = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[Properties], Answer]
REVERT = "REVERT_DRIFT"
DRIFTED = ("MODIFIED", "DELETED")


def install() -> None:
    """Teach ministack's drift detection our types, and its change sets to revert drift."""
    drift._DRIFT_READERS.update(READERS)
    dispatch = cloudformation._ACTION_HANDLERS
    dispatch["CreateChangeSet"] = _comparing(dispatch["CreateChangeSet"])
    dispatch["ExecuteChangeSet"] = _reverting(dispatch["ExecuteChangeSet"])


def _comparing(create: Handler) -> Handler:
    def handle(params: Properties) -> Answer:
        answer = create(params)
        if helpers._p(params, "DeploymentMode") == REVERT and answer[0] < 400:
            _, change_set = changesets._find_change_set(
                helpers._p(params, "ChangeSetName"), helpers._p(params, "StackName")
            )
            _add_drift(change_set, cloudformation._stacks[change_set["StackName"]])
        return answer

    return handle


def _add_drift(change_set: Properties, stack: Properties) -> None:
    """Add drifted resources to a change set, beside its template's changes."""
    found = {each["LogicalResourceId"]: each for each in drifted(stack)}
    if not found:
        return
    changed = {each["ResourceChange"]["LogicalResourceId"] for each in change_set["Changes"]}
    change_set["Changes"] += [_change(one) for name, one in found.items() if name not in changed]
    change_set.update(
        Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason="", _drift=found
    )


def drifted(stack: Properties) -> Iterator[Properties]:
    """Yield the drift of every resource that differs from its stack's template."""
    for logical_id, record in stack["_resources"].items():
        if drift.supports_drift(record["ResourceType"]):
            found = drift.detect_resource_drift(stack, logical_id, record, "")
            if found["StackResourceDriftStatus"] in DRIFTED:
                yield found


def _change(found: Properties) -> Properties:
    change = {key: found[key] for key in ("LogicalResourceId", "ResourceType")}
    if found["StackResourceDriftStatus"] == "DELETED":
        return {"ResourceChange": {**change, "Action": "Add"}}
    named = sorted({each["PropertyPath"].split("/")[1] for each in found["PropertyDifferences"]})
    details = [{"Target": {"Attribute": "Properties", "Name": each}} for each in named]
    return {
        "ResourceChange": {
            **change,
            "Action": "Modify",
            "PhysicalResourceId": found["PhysicalResourceId"],
            "Replacement": "False",
            "Scope": ["Properties"],
            "Details": details,
        }
    }


def _reverting(execute: Handler) -> Handler:
    """Make ministack's update start from the actual resources."""

    def handle(params: Properties) -> Answer:
        _, change_set = changesets._find_change_set(
            helpers._p(params, "ChangeSetName"), helpers._p(params, "StackName")
        )
        if change_set and change_set["ExecutionStatus"] == "AVAILABLE":
            resources = cloudformation._stacks[change_set["StackName"]]["_resources"]
            for logical_id, found in change_set.get("_drift", {}).items():
                _begin_at_actual(resources, logical_id, found)
        return execute(params)

    return handle


def _begin_at_actual(resources: Properties, logical_id: str, found: Properties) -> None:
    if found["StackResourceDriftStatus"] == "DELETED":
        resources.pop(logical_id, None)
        return
    record = copy.deepcopy(resources[logical_id])
    record["Properties"].update(json.loads(found["ActualProperties"]))
    resources[logical_id] = record


def _rule(physical_id: str, properties: Properties) -> Properties | None:
    bus = str(properties.get("EventBusName") or "default").rpartition("/")[2]
    key = eventbridge._rule_key(physical_id.rpartition("|")[2], bus)
    rule = eventbridge._rules.get(key)
    if rule is None:
        return None
    targets = {each["Id"]: each for each in eventbridge._targets.get(key, [])}
    requested = [each["Id"] for each in properties.get("Targets", [])]
    order = [each for each in requested if each in targets] + sorted(
        targets.keys() - set(requested)
    )
    return {
        "EventPattern": drift._json_or(rule.get("EventPattern") or {}),
        "ScheduleExpression": rule.get("ScheduleExpression", ""),
        "Targets": [targets[each] for each in order],
    }


def _bus_policy(physical_id: str, _properties: Properties) -> Properties | None:
    bus, _, sid = physical_id.partition("|")
    policy = eventbridge._event_bus_policies.get(bus) or {"Statement": []}
    found = [each for each in policy["Statement"] if each.get("Sid") == sid]
    if not found:
        return None
    return {"Statement": {key: value for key, value in found[0].items() if key != "Sid"}}


def _archive(physical_id: str, _properties: Properties) -> Properties | None:
    found = eventbridge._archives.get(physical_id)
    return None if found is None else {"RetentionDays": found["RetentionDays"]}


def _queue_policy(_physical_id: str, properties: Properties) -> Properties | None:
    for url in properties["Queues"]:
        policy = sqs._queues[url]["attributes"].get("Policy") if url in sqs._queues else None
        if not policy:
            return None
    return {"PolicyDocument": drift._json_or(policy)}


def _role(physical_id: str, properties: Properties) -> Properties | None:
    found = drift._read_iam_role(physical_id, properties)
    if found is None:
        return None
    kept = iam._roles[physical_id]["InlinePolicies"]
    requested = [each["PolicyName"] for each in properties.get("Policies", [])]
    order = [each for each in requested if each in kept] + sorted(kept.keys() - set(requested))
    inline = [{"PolicyName": each, "PolicyDocument": drift._json_or(kept[each])} for each in order]
    return {**found, "Policies": inline}


def _identity(physical_id: str, _properties: Properties) -> Properties | None:
    return {} if physical_id in ses_v2._identities else None


def _configuration_set(physical_id: str, _properties: Properties) -> Properties | None:
    return {} if physical_id in ses_v2._config_sets else None


def _event_destination(physical_id: str, _properties: Properties) -> Properties | None:
    name, _, destination = physical_id.partition("|")
    found = ses_v2._config_sets.get(name) or {}
    return {} if destination in (found.get("EventDestinations") or {}) else None


def _contact_list(physical_id: str, _properties: Properties) -> Properties | None:
    held = store.of(get_account_id(), get_region()).contact_list
    return {} if held is not None and held.name == physical_id else None


def _alarm(physical_id: str, _properties: Properties) -> Properties | None:
    return {} if physical_id in cloudwatch._alarms else None


NOTHING_READ: frozenset[str] = frozenset()
READERS = {
    "AWS::Events::Rule": (
        _rule, frozenset({"EventPattern", "ScheduleExpression", "Targets"}),
    ),
    "AWS::Events::EventBusPolicy": (_bus_policy, frozenset({"Statement"})),
    "AWS::Events::Archive": (_archive, frozenset({"RetentionDays"})),
    "AWS::SQS::QueuePolicy": (_queue_policy, frozenset({"PolicyDocument"})),
    "AWS::IAM::Role": (_role, drift._DRIFT_READERS["AWS::IAM::Role"][1] | {"Policies"}),
    "AWS::CloudWatch::Alarm": (_alarm, NOTHING_READ),
    "AWS::SES::EmailIdentity": (_identity, NOTHING_READ),
    "AWS::SES::ConfigurationSet": (_configuration_set, NOTHING_READ),
    "AWS::SES::ConfigurationSetEventDestination": (_event_destination, NOTHING_READ),
    "AWS::SES::ContactList": (_contact_list, NOTHING_READ),
}  # fmt: skip
