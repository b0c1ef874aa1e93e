"""Every page that we write for people who have no console, from made-up figures."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from changecast.hub.tracking.revisions import Record
from changecast_cli.preview.pages import write_preview
from changecast_cli.report.earlier import with_earlier
from changecast_cli.report.page import page as report_page
from changecast_cli.trace.page import write_page
from changecast_cli.trace.spans import Span, Way
from changecast_cli.watching.runs import by_change, run_of
from tests.support.previews import ALL, brand_for, life

SINCE, NOW = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 8, tzinfo=UTC)
AT, LATER = "2027-01-02T10:00:00Z", "2027-01-03T10:00:00Z"
MARIA = "arn:aws:iam::111111111111:user/maria"
LONG = "operations-of-the-northern-and-southern-sites"


def pages(folder: Path) -> list[Path]:
    """Write report, trace and preview into a folder, and return them."""
    shown = ALL[0]
    brand = brand_for(shown.customer, "en")
    write_preview(life(shown, "en"), brand, shown.name, folder / "preview")
    report, trace = folder / "report.html", folder / "trace.html"
    report.write_text(_report(), "utf-8")
    write_page(trace, run_of("CHG-1", _rows()), _ways())
    return [report, trace, folder / "preview" / "index.html"]


def _rows() -> list[dict[str, Any]]:
    def row(customer: str, revision: int, state: str, **counts: int) -> dict[str, Any]:
        at = AT if revision == 1 else LATER
        started = {"started_at": at.replace("00Z", "02Z"), "ended_at": at.replace("00Z", "09Z")}
        return {
            "change_id": "CHG-1", "customer": customer, "revision": revision, "state": state,
            "title": "Replace the VPN gateways", "announced_at": at, "counts": counts,
        } | (started if counts else {})  # fmt: skip

    return [
        row("acme", 1, "sent", planned=10, sent=10, delivered=9, bounced=1),
        row("acme", 2, "sent", planned=30, sent=30, delivered=30),
        row("globex", 2, "no_route") | {"reason": {"message": "There is no route to globex."}},
        row(LONG, 2, "sending", planned=2_000, sent=900, delivered=700, suppressed=3, failed=2),
    ]


def _report() -> str:
    rows = _rows()
    records = [
        Record("CHG-1", n, "h", ("acme", "globex"), (), MARIA, at, "e", "t", "approved", True, at)
        for n, at in ((1, AT), (2, LATER))
    ]
    return report_page(with_earlier(by_change(rows), rows), {"CHG-1": records}, SINCE, NOW)


def _ways() -> list[Way]:
    def span(name: str, kind: str, begin: float, depth: int, mark: str = "") -> Span:
        return Span("1-a", f"{name}{begin}", name, kind, begin, begin + 1.5, depth, mark)

    spans = [
        span("PlanDelivery", "function", 0.0, 0),
        span("compose", "step", 0.4, 1),
        span("SES ListContacts", "call", 1.0, 1, "throttle"),
    ]
    return [Way("acme", 2, [spans]), Way(LONG, 2, [spans]), Way("globex", 2, [], "no profile")]
