"""The templates, each read only once, because reading YAML takes longer than everything else."""

from functools import cache
from typing import Any

from testbed.expand import read

STACKS = {
    "template.yaml": "The customer's stack",
    "hub/template.yaml": "The hub's stack",
    "hub/route.yaml": "The route of one customer, on the hub",
    "hub/bus.yaml": "A further bus of the hub",
}


@cache
def template(path: str) -> dict[str, Any]:
    """Return a template of the repository."""
    return read(path)


def alarms(path: str) -> list[dict[str, Any]]:
    """Return the properties of a template's alarms."""
    resources = template(path)["Resources"].values()
    return [each["Properties"] for each in resources if each["Type"] == "AWS::CloudWatch::Alarm"]


def name_of(alarm: dict[str, Any]) -> str:
    """Return the name of an alarm, with CODE and BUS as in `text_of`."""
    return text_of(alarm["AlarmName"])


def text_of(value: Any) -> str:
    """Return a text of a template, with CODE for the customer's code and BUS for the bus's name."""
    text = value["Fn::Sub"] if isinstance(value, dict) else value
    return str(text).replace("${CustomerCode}", "CODE").replace("${BusName}", "BUS")
