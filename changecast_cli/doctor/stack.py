"""The doctor on a deployed stack: does it stand, and is it as the template has it?"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from changecast_cli.doctor.patient import Patient
from changecast_cli.doctor.verdicts import Verdict, broken, ok, warning

_STANDS = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})


def stands(patient: Patient) -> Iterator[Verdict]:
    """CloudFormation is done with it, and not by a rollback."""
    mend = f"sam deploy --config-env {patient.code}"
    if patient.status in _STANDS:
        yield ok("stack", patient.status)
    elif patient.status == "UPDATE_ROLLBACK_COMPLETE":
        yield warning("stack", "the last deployment was rolled back", mend)
    else:
        yield broken("stack", patient.status, mend)


def parameters_of_account(patient: Patient) -> Iterator[Verdict]:
    """The stack is the one of this customer."""
    said = patient.parameters.get("CustomerCode")
    if said == patient.code:
        yield ok("code", f"{said} in {patient.account}")
    else:
        yield broken(
            "code",
            f"account {patient.account} has the stack of {said!r}, not of {patient.code!r}",
            f"changecast customers show {patient.code}",
        )


def bus_policy(patient: Patient) -> Iterator[Verdict]:
    """Only this customer's route may put announcements on its bus."""
    found = patient.session.client("events").describe_event_bus(Name="changecast")
    wanted = expected_bus_policy(
        patient.parameters["HubAccount"], patient.code, partition_of(found["Arn"])
    )
    yield policy_verdict(found.get("Policy"), wanted, patient.code)


def expected_bus_policy(hub: str, code: str, partition: str = "aws") -> dict[str, Any]:
    """What template.yaml puts on a customer's bus, without Sid and Resource."""
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


def policy_verdict(policy: str | None, wanted: Mapping[str, Any], environment: str) -> Verdict:
    """A bus policy must be exactly the one statement of the template."""
    deploy = f"sam deploy --config-env {environment}"
    statements = json.loads(policy)["Statement"] if policy else []
    if not statements:
        return broken("bus-policy", "the bus lets nobody in", deploy)
    told = [canonical(each) for each in statements]
    if canonical(wanted) not in told:
        return broken("bus-policy", "is not the template's", deploy)
    if len(told) > 1:
        return broken("bus-policy", f"lets {len(told) - 1} others in too", deploy)
    return ok("bus-policy", "as in the template")


def canonical(statement: Mapping[str, Any]) -> str:
    """A statement without what does not matter: its name, its resource, one-element lists."""
    kept = {key: value for key, value in statement.items() if key not in ("Sid", "Resource")}
    return json.dumps(_flat(kept), sort_keys=True)


def _flat(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _flat(each) for key, each in value.items()}
    if isinstance(value, list):
        return _flat(value[0]) if len(value) == 1 else sorted(_flat(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else value


def partition_of(arn: str) -> str:
    """`aws`, or another partition."""
    return arn.split(":")[1]


def rules(patient: Patient) -> Iterator[Verdict]:
    """The stack's rules are on, and lead to the stack's queues."""
    events = patient.session.client("events")
    for logical_id in ("AnnouncementsRule", "OutcomesRule"):
        name = patient.name(logical_id)
        bus = "changecast" if logical_id == "AnnouncementsRule" else "default"
        yield rule_verdict(events, logical_id, name or "", bus, patient.code)


def rule_verdict(
    events: Any, check: str, name: str, bus: str, environment: str, target: str | None = None
) -> Verdict:
    """One rule: there, enabled, with a target (this one, where it is given)."""
    mend = f"sam deploy --config-env {environment}"
    bare = name.rpartition("|")[2].rpartition("/")[2]
    try:
        found = events.describe_rule(Name=bare, EventBusName=bus)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ResourceNotFoundException", "ValidationError"):
            raise
        return broken(check, f"the rule {bare} is gone", mend)
    if found["State"] == "DISABLED":
        turn_on = f"aws events enable-rule --name {bare} --event-bus-name {bus}"
        return broken(check, "the rule is disabled", turn_on)
    targets = events.list_targets_by_rule(Rule=bare, EventBusName=bus)["Targets"]
    if not targets or (target and target not in [each["Arn"] for each in targets]):
        led = ", ".join(each["Arn"] for each in targets) or "nowhere"
        return broken(check, f"leads to {led}", mend)
    return ok(check, "on")
