"""What to type next where a delivery is in trouble, and the page that explains it. Pure."""

from collections.abc import Iterator
from typing import Any

from changecast.findings import SILENT
from changecast_cli.watching.runs import Run, is_bad

_DOCTOR = "changecast doctor --customer {code}"
_NEXT = {
    "paused": "changecast resume {change} --customer {code}",
    "held": "changecast held {change} --customer {code}",
    "failed": "changecast recipients {change} --customer {code}",
    "partial": "changecast recipients {change} --customer {code}",
    "rejected": "changecast history {change} --customer {code}",
    **{cause.value: _DOCTOR for cause in SILENT},
}


def next_steps(run: Run) -> Iterator[str]:
    """A line for each customer in trouble."""
    for code, customer in run["customers"].items():
        if is_bad(customer):
            state = state_in_trouble(customer)
            command = _NEXT[state].format(change=run["change_id"], code=code)
            yield f"{code}: {command}    (docs/runbook/{state.replace('_', '-')}.md)"


def state_in_trouble(customer: dict[str, Any]) -> str:
    """The state that needs somebody: a rejection can stand beside a delivery that went well."""
    return customer["state"] if customer["state"] in _NEXT else "rejected"
