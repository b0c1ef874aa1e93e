"""docs/reference/metrics.md: what the functions measure, and which alarm reads it."""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import chain

from testbed.expand import ROOT
from testbed.reference.stacks import STACKS, alarms, name_of
from testbed.reference.tables import code, table

NAMESPACE = "Changecast"
HEAD = f"""# Metrics

Written by `make docs-reference` from the program and the templates. The functions publish these in
the namespace `{NAMESPACE}` in CloudWatch's embedded metric format, without an API call. AWS's own
metrics (`AWS/Lambda`, `AWS/SQS`, `AWS/Events`, `AWS/SES`) appear next to them on the dashboards.
"""
MEANINGS = {
    "Announcements": ("hub", "none", "Announcements that the tracker recorded."),
    "Reports": ("hub", "`customer`, `state`", "Delivery reports that the tracker recorded."),
    "TimeToLastMail": (
        "hub",
        "`customer`",
        "Time from the announcement until the customer's run had sent its last mail.",
    ),
    "OldestSilence": (
        "hub",
        "none",
        "Age of the oldest announcement, within the last two weeks, that a customer has not "
        "reported on; 0 if there is none.",
    ),
    "Alerts": ("hub", "`cause`", "Alerts that the function Watch published."),
    "Responses": (
        "hub",
        "`customer`, `response`",
        "Answers of customers' people that the hub kept.",
    ),
    "RefusedResponses": (
        "hub",
        "`cause`",
        "Answers that the hub refused, for example forged ones.",
    ),
    "Files": ("hub", "`outcome`", "Files in the intake bucket that were announced or rejected."),
    "QuotaUsed": (
        "customer",
        "`customer`",
        "Share of SES's 24-hour sending quota that the account has used.",
    ),
    "PausedRuns": ("customer", "`customer`", "Runs that are paused now."),
    "DeadChannels": (
        "customer",
        "`customer`",
        "Chats and webhooks that are off, or have been failing for 15 minutes.",
    ),
    "HeldRecipients": ("customer", "`customer`", "Recipients that are held now."),
    "RefusedLinks": (
        "customer",
        "`customer`, `refusal`",
        "Personal links that were refused; `refusal` says why. The alarm counts only links that "
        "were never issued (`invalid`).",
    ),
}
UNITS = {"count": "Count", "seconds": "Seconds", "percent": "Percent"}


def page() -> str:
    """Return the whole page."""
    columns = ("metric", "unit", "account", "dimensions", "meaning", "alarm")
    return f"{HEAD}\n{table(columns, map(_row, sorted(published().items())))}"


def _row(measure: tuple[str, str]) -> tuple[str, ...]:
    name, unit = measure
    account, dimensions, meaning = MEANINGS[name]
    alarms = ", ".join(code(each) for each in alarms_on(name))
    return code(name), unit, account, dimensions, meaning, alarms or "none"


@cache
def published() -> dict[str, str]:
    """Return the unit of every metric that a function publishes, read from the sources."""
    sources = (ROOT / "functions").rglob("*.py")
    trees = (ast.parse(path.read_text("utf-8")) for path in sources)
    return {name: unit for tree in trees for name, unit in _measures(tree)}


def _measures(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and (unit := _unit(value)):
                    yield str(key.value), unit


def _unit(value: ast.expr) -> str | None:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return UNITS.get(value.func.id)
    return None


def alarms_on(metric: str) -> Iterator[str]:
    """Yield the names of the alarms that read one of our metrics."""
    for alarm in chain.from_iterable(map(alarms, STACKS)):
        if (alarm["Namespace"], alarm["MetricName"]) == (NAMESPACE, metric):
            yield name_of(alarm)
