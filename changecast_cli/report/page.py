"""The report as one HTML page, without scripts or external resources."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from changecast.hub.tracking.revisions import Record
from changecast_cli.html_pages import render
from changecast_cli.report.earlier import counts_of
from changecast_cli.report.figures import (
    ROW,
    TOP,
    WAITING,
    Part,
    fan_out,
    longest_of,
    mails_by_state,
    timeline,
    tone_of,
    width_of,
    worst_first,
)
from changecast_cli.watching.runs import COUNTS, Run, answered, failed_of, is_bad
from changecast_cli.watching.tables import state_of


def page(
    runs: Sequence[Run], records: Mapping[str, Sequence[Record]], since: datetime, now: datetime
) -> str:
    """Return the page. `records` are those of each change, oldest first."""
    branches, more = fan_out(runs)
    height = TOP * 2 + max(1, len(branches)) * ROW
    return render(
        "report/page.html.j2",
        since=f"{since:%Y-%m-%d %H:%M}",
        now=f"{now:%Y-%m-%d %H:%M}",
        totals=totals(runs),
        branches=branches,
        more=more,
        width=width_of(branches),
        height=height,
        changes=[_change(run, records.get(run["change_id"], ())) for run in runs],
    )


def totals(runs: Sequence[Run]) -> dict[str, int]:
    """Return the figures of the whole page, also for `--json`."""
    customers = [one for run in runs for one in run["customers"].values()]
    every = [counts_of(one) for one in customers]
    counts = {name: sum(each[name] for each in every) for name in COUNTS}
    return {
        "changes": len(runs),
        "customers": len({code for run in runs for code in run["customers"]}),
        "mails": counts["sent"],
        "delivered": counts["delivered"],
        "not_delivered": sum(failed_of({"counts": each}) for each in every),
        "not_sent_yet": sum(part.number for one in customers for part in _waiting(one)),
        "troubled_deliveries": sum(is_bad(one) for one in customers),
    }


def _waiting(customer: Mapping[str, Any]) -> list[Part]:
    """Return the number of a run's mails that are planned or paused, and not sent."""
    return [part for part in mails_by_state(customer["counts"]) if part.state == WAITING]


def _change(run: Run, records: Sequence[Record]) -> dict[str, Any]:
    longest = longest_of(run)
    shown, more = worst_first(run["customers"])
    return {
        "id": run["change_id"],
        "title": run["title"],
        "revision": run["revision"],
        "tone": tone_of(run["customers"].values()),
        "announced": [
            f"revision {record.revision} ({record.status}) on "
            f"{record.announced_at[:16].replace('T', ' ')} UTC by {record.announced_by}"
            for record in records
        ],
        "customers": [_customer(code, one, longest) for code, one in shown],
        "more": more,
    }


def _customer(code: str, customer: dict[str, Any], longest: float) -> dict[str, Any]:
    reason = customer["reason"] or customer["rejection"] or {}
    return {
        "code": code,
        "revision": customer["revision"],
        "withdrawn": customer["withdrawn"],
        "state": state_of(customer).plain,
        "tone": tone_of([customer]),
        "parts": mails_by_state(customer["counts"]),
        "earlier": mails_by_state(customer["earlier"]) if customer.get("earlier") else [],
        "timeline": timeline(customer, longest),
        "answered": answered(customer),
        "reason": reason.get("message", ""),
    }
