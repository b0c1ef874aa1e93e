"""changecast report: a page about recent changes, for people without a console."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from changecast.hub.announcing.announce import STATUS_TABLE
from changecast.hub.announcing.canary import is_canary
from changecast.hub.tracking.revisions import revisions
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson, OnlyBus, OnlyStates, Profile, Region, session
from changecast_cli.report.earlier import with_earlier
from changecast_cli.report.page import page, totals
from changecast_cli.terminal import counted, out, print_json, working
from changecast_cli.watching.runs import by_change
from changecast_cli.watching.since import point_in_time
from changecast_cli.watching.status import Filters, codes_on, recent_rows

_PAGES = {".html", ".htm"}


def report(
    to: Annotated[
        Path,
        typer.Option("--out", help="Write to this .html file, or to index.html in this folder."),
    ],
    since: Annotated[str, typer.Option(help="How far back: 2d, 12h, 30min or a date.")] = "7d",
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", help="Only this customer.")
    ] = None,
    state: OnlyStates = None,
    bus: OnlyBus = None,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Write one HTML page that shows who was told, when, and the state of the mails.

    The page leaves out canary tests. For a change with more than 100 customers, the page lists
    100 of them, those with problems first, and counts the rest.
    """
    now = datetime.now(UTC)
    start = point_in_time(since, now)
    hub = session(profile, region)
    table = hub.resource("dynamodb").Table(STATUS_TABLE)
    filters = Filters(
        customer, failed=False, states=frozenset(state or ()), codes=codes_on(hub, bus)
    )
    filters.refuse_unknown_states()
    with working("Writing the report"):
        found = recent_rows(table, start, customer)
        rows = [row for row in found if not is_canary(row["change_id"])]
        kept = [filters.of(run) for run in with_earlier(by_change(rows), rows)]
        runs = [run for run in kept if run["customers"]]
        records = {run["change_id"]: revisions(table, run["change_id"]) for run in runs}
        path = write(to, page(runs, records, start, now))
    if as_json:
        print_json({"page": str(path), **totals(runs)})
    else:
        out.print(f"{counted(len(runs), 'change')}: {path}", markup=False)


def write(to: Path, text: str) -> Path:
    """Write the page to a file, or as index.html to a folder; return its path."""
    path = to if to.suffix.lower() in _PAGES and not to.is_dir() else to / "index.html"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}") from error
    return path
