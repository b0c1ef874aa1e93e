"""docs/reference/alarms.md: the CloudWatch alarms of the three templates, and what watch finds."""

from typing import Any

from changecast.hub.tracking.alerts import page as page_of
from changecast.hub.tracking.findings import Cause
from testbed.expand import ROOT
from testbed.reference.stacks import STACKS, alarms, name_of, text_of
from testbed.reference.tables import code, table

HEAD = """# Alarms and alerts

Written by `make docs-reference` from the templates and the program. [Alerts](../alerts.md) says who
gets them, and how to test them. `CODE` is the customer's code, `BUS` the name of a further bus.
"""
COLUMNS = ("alarm", "meaning", "fires when", "page")
SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
}


def page() -> str:
    """Return the whole page."""
    stacks = [_stack(path, title) for path, title in STACKS.items()]
    return "\n".join([HEAD, *stacks, _findings()])


def _stack(path: str, title: str) -> str:
    return f"## {title}\n{table(COLUMNS, map(_row, alarms(path)))}"


def _row(alarm: dict[str, Any]) -> tuple[str, ...]:
    meaning, runbook = text_of(alarm["AlarmDescription"]).split(" - docs/")
    return code(name_of(alarm)), meaning, _fires(alarm), _link(runbook)


def _fires(alarm: dict[str, Any]) -> str:
    sign = SIGNS[alarm["ComparisonOperator"]]
    measure = f"{code(alarm['MetricName'])} ({alarm['Statistic']}) {sign} {alarm['Threshold']}"
    periods = alarm["EvaluationPeriods"]
    times = alarm.get("DatapointsToAlarm", periods)
    within = f"{times} of {periods} periods of " if periods > 1 else ""
    return f"{measure}, for {within}{alarm['Period']} s"


def _findings() -> str:
    rows = [(code(cause), _title(cause), _link(page_of(cause)[5:])) for cause in Cause]
    return f"## What the hub's function Watch finds\n{table(('cause', 'meaning', 'page'), rows)}"


def _title(cause: Cause) -> str:
    first, _ = (ROOT / page_of(cause)).read_text("utf-8").split("\n", 1)
    return first.partition(": ")[2]


def _link(path: str) -> str:
    return f"[{path.removeprefix('runbook/').removesuffix('.md')}](../{path})"
