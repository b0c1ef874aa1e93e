"""Doctor checks of a deployed stack: is it complete, and does it match the template?"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from changecast_cli.deploying.samconfig_file import bus_environment_of
from changecast_cli.doctor.checked_account import CheckedAccount
from changecast_cli.doctor.verdicts import Verdict, broken, ok, repair_of, warning
from changecast_cli.terminal import counted

_DEPLOYED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
# A stack that was never created: only its first change set exists.
_ONLY_REVIEWED = "REVIEW_IN_PROGRESS"


def deployment(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that CloudFormation has completed the stack, without a rollback."""
    fix = f"sam deploy --config-env {_environment_of(checked)}"
    if checked.status in _DEPLOYED:
        yield ok("stack", checked.status)
    elif checked.status.endswith("_IN_PROGRESS") and checked.status != _ONLY_REVIEWED:
        said = f"CloudFormation is changing it ({checked.status})"
        yield warning("stack", said, "check again when that has finished")
    elif checked.status == "UPDATE_ROLLBACK_COMPLETE":
        yield warning("stack", "the last deployment was rolled back", fix)
    else:
        yield broken("stack", checked.status, fix)


def _environment_of(checked: CheckedAccount) -> str:
    """Return the environment of a stack in samconfig.toml; a further bus has one of its own."""
    bus = checked.parameters.get("BusName")
    return bus_environment_of(bus) if bus else checked.code


def parameters_of_account(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that the stack is the one of this customer."""
    said = checked.parameters.get("CustomerCode")
    if said == checked.code:
        yield ok("code", f"{said} in {checked.account}")
    else:
        yield broken(
            "code",
            f"account {checked.account} has the stack of {said!r}, not of {checked.code!r}",
            f"changecast customers show {checked.code}",
        )


def bus_policy(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that only this customer's route may put announcements on its bus."""
    found = checked.session.client("events").describe_event_bus(Name="changecast")
    requested = expected_bus_policy(
        checked.parameters["HubAccount"], checked.code, partition_of(found["Arn"])
    )
    yield policy_verdict(found.get("Policy"), requested, checked.code)


def expected_bus_policy(hub: str, code: str, partition: str = "aws") -> dict[str, Any]:
    """Return a customer's bus policy by template.yaml, without Sid and Resource."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{hub}:root"},
        "Action": "events:PutEvents",
        "Condition": {
            "ArnEquals": {
                "aws:PrincipalArn": f"arn:{partition}:iam::{hub}:role/changecast-route-{code}"
            },
            "ForAllValues:StringEquals": {
                "events:source": "changecast.changes",
                "events:detail-type": "ChangeAnnounced",
            },
            "Null": {"events:source": "false", "events:detail-type": "false"},
            "Bool": {"events:eventBusInvocation": "true"},
        },
    }


def may_put(policy: str | None, requested: Mapping[str, Any]) -> bool:
    """Return whether a bus policy has the template's statement, so that the route can put."""
    statements = json.loads(policy)["Statement"] if policy else []
    return canonical(requested) in map(canonical, statements)


def policy_verdict(policy: str | None, requested: Mapping[str, Any], environment: str) -> Verdict:
    """Compare a bus policy with the one statement of the template."""
    repair = repair_of(environment)
    statements = json.loads(policy)["Statement"] if policy else []
    if not statements:
        return broken("bus-policy", "the bus accepts no events", repair)
    told = [canonical(each) for each in statements]
    if not may_put(policy, requested):
        return broken("bus-policy", "differs from the template", repair)
    if len(told) > 1:
        return broken(
            "bus-policy",
            f"has {counted(len(told) - 1, 'statement')} that the template does not have",
            repair,
        )
    return ok("bus-policy", "as in the template")


def canonical(statement: Mapping[str, Any]) -> str:
    """Return a statement in canonical form: without Sid, Resource and one-element lists."""
    kept = {key: value for key, value in statement.items() if key not in ("Sid", "Resource")}
    return json.dumps(_flat(kept), sort_keys=True)


def _flat(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _flat(each) for key, each in value.items()}
    if isinstance(value, list):
        return _flat(value[0]) if len(value) == 1 else sorted(_flat(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else value


def partition_of(arn: str) -> str:
    """Return the partition: `aws` or another."""
    return arn.split(":")[1]


def rules(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that the stack's rules are on, and lead to the stack's queues."""
    for logical_id in ("AnnouncementsRule", "OutcomesRule"):
        bus = "changecast" if logical_id == "AnnouncementsRule" else "default"
        yield rule_to_queue(checked, logical_id, bus)


def rule_to_queue(checked: CheckedAccount, logical_id: str, bus: str) -> Verdict:
    """Check a rule of the stack, and that the queue it leads to lets it in."""
    events, name = checked.session.client("events"), checked.name(logical_id) or ""
    rule = look_at_rule(events, logical_id, name, bus, checked.code)
    for url in checked.of_type("AWS::SQS::Queue").values():
        queue = url.rpartition("/")[2]
        is_target = any(arn.rpartition(":")[2] == queue for arn in rule.targets)
        if is_target and not _lets_in(checked.session.client("sqs"), url, rule.arn):
            told = f"the policy of the queue {queue} does not let the rule send to it"
            return broken(logical_id, told, repair_of(checked.code))
    return rule.verdict


def _lets_in(sqs: Any, url: str, rule: str) -> bool:
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    policy = json.loads(found.get("Attributes", {}).get("Policy") or "{}")
    return any(
        each["Effect"] == "Allow" and rule in json.dumps(each.get("Condition", {}))
        for each in policy.get("Statement", [])
    )


class Rule(NamedTuple):
    """What was found of a rule; `arn`, `pattern` (JSON) and `targets` (ARNs) only if it is well."""

    verdict: Verdict
    arn: str = ""
    pattern: str = ""
    targets: tuple[str, ...] = ()


def look_at_rule(
    events: Any, check: str, name: str, bus: str, environment: str, target: str | None = None
) -> Rule:
    """Check one rule: it exists, is enabled, and has a target (or the given one)."""
    fix = repair_of(environment)
    bare = name.rpartition("|")[2].rpartition("/")[2]
    try:
        found = events.describe_rule(Name=bare, EventBusName=bus)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ResourceNotFoundException", "ValidationError"):
            raise
        return Rule(broken(check, f"the rule {bare} was deleted", fix))
    if found["State"] == "DISABLED":
        return Rule(broken(check, "the rule is disabled", fix))
    listed = events.list_targets_by_rule(Rule=bare, EventBusName=bus)["Targets"]
    targets = tuple(each["Arn"] for each in listed)
    if not targets or (target and target not in targets):
        return Rule(
            broken(check, f"points {'to ' + ', '.join(targets) if targets else 'nowhere'}", fix)
        )
    return Rule(ok(check, "on"), found["Arn"], found.get("EventPattern", ""), targets)
