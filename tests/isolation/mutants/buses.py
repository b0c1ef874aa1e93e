"""Weakened policies of the buses."""

from collections.abc import Callable
from typing import Any

from testbed.expand import Template

Weakening = Callable[[Template], object]
ALL, SOURCE, KIND = "ForAllValues:StringEquals", "events:source", "events:detail-type"
_ROUTE = "arn:${AWS::Partition}:iam::${HubAccount}:role/changecast-route-"


def _statement(template: Template) -> dict[str, Any]:
    statement: dict[str, Any] = template["Resources"]["BusPolicy"]["Properties"]["Statement"]
    return statement


def _without(operator: str, key: str) -> Weakening:
    return lambda template: _statement(template)["Condition"][operator].pop(key)


def _operator(name: str) -> Weakening:
    """The values of a put compared by another operator."""

    def weaken(template: Template) -> None:
        condition = _statement(template)["Condition"]
        condition[name] = condition.pop(ALL)

    return weaken


def _any_report(template: Template) -> None:
    condition = _statement(template)["Condition"]
    held = condition.pop(ALL)
    condition["ForAllValues:StringLike"] = held | {SOURCE: "changecast.delivery.*"}


def _role(arn: str) -> Weakening:
    by_role = {"aws:PrincipalArn": {"Fn::Sub": arn}}
    return lambda template: _statement(template)["Condition"].update({"ArnEquals": by_role})


def _any_role(template: Template) -> None:
    for operator in ("ArnEquals", "ArnLike"):
        _statement(template)["Condition"].pop(operator, None)


def _anybody(template: Template) -> None:
    _statement(template)["Principal"] = "*"


_BOTH: tuple[tuple[str, Weakening], ...] = (
    ("any principal", _anybody),
    ("any role", _any_role),
    ("any source", _without(ALL, SOURCE)),
    ("any detail-type", _without(ALL, KIND)),
    ("no source at all", _without("Null", SOURCE)),
    ("no detail-type at all", _without("Null", KIND)),
    ("one right entry of a batch is enough", _operator("ForAnyValue:StringEquals")),
    ("StringEquals on a list", _operator("StringEquals")),
)
CUSTOMERS = (
    *_BOTH,
    ("puts by people", _without("Bool", "events:eventBusInvocation")),
    ("any route of the hub", _role(f"{_ROUTE}*")),
    ("any role whose name begins like its route's", _role(f"{_ROUTE}${{CustomerCode}}*")),
)
HUBS = (*_BOTH, ("any customer's source", _any_report))
