"""changecast status: where every customer's delivery stands."""

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live
from rich.text import Text

from changecast.announce import STATUS_TABLE
from changecast.change import utc
from changecast.records import revisions
from changecast.status_table import statuses, statuses_of_customer, statuses_of_days
from changecast_cli.failures import FAILED, Refused, say
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_csv, print_json
from changecast_cli.watching.advice import next_steps
from changecast_cli.watching.announced_by import announcements, announcements_text
from changecast_cli.watching.runs import (
    Run,
    by_change,
    is_bad,
    is_paused,
    is_settled,
    only,
    run_of,
    with_expected,
)
from changecast_cli.watching.since import days_back, point_in_time
from changecast_cli.watching.status_csv import csv_of
from changecast_cli.watching.tables import runs_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

WATCH_SECONDS = 1.0
# Some pauses pass by themselves, and a `resume` takes a minute or two: then people must act.
PAUSED_SECONDS = 180.0
LONGEST = timedelta(days=366)
Read = Callable[[], list[Run]]


def status(
    change_id: Annotated[
        str | None, typer.Argument(help="One change; all recent ones if left out.")
    ] = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", "-w", help="Live, until nothing goes on; exit 1 if not all is well."
        ),
    ] = False,
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", help="Only this customer.")
    ] = None,
    since: Annotated[
        str, typer.Option(help="How far back, without CHANGE_ID: 2d, 12h, 30min or a date.")
    ] = "7d",
    failed: Annotated[
        bool, typer.Option("--failed", help="Only where somebody did not get the mail.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A row per customer, for a sheet.")] = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Show who was told what: state, counts and reason per customer."""
    if as_json and as_csv:
        raise Refused("--json and --csv exclude each other: choose one")
    table = session(profile, region).resource("dynamodb").Table(STATUS_TABLE)
    read = _reader(table, change_id, since, customer=customer, failed=failed)
    runs = watched(read, quiet=as_json or as_csv) if watch else read()
    if as_csv:
        print_csv(csv_of(runs))
    elif as_json:
        print_json(_one(table, runs[0]) if change_id else {"runs": runs})
    else:
        _show(table, runs, change_id, watched=watch)
    if watch and any(is_bad(one) for run in runs for one in run["customers"].values()):
        raise typer.Exit(FAILED)


def _reader(
    table: "Table", change_id: str | None, since: str, *, customer: str | None, failed: bool
) -> Read:
    start = point_in_time(since, datetime.now(UTC))
    if datetime.now(UTC) - start > LONGEST:
        raise Refused(f"--since goes back {LONGEST.days} days at most")

    def read() -> list[Run]:
        runs = [_known(table, change_id)] if change_id else recent(table, start, customer)
        kept = [only(run, customer=customer, bad=failed) for run in runs]
        return kept if change_id else [run for run in kept if run["customers"]]

    return read


def _known(table: "Table", change_id: str) -> Run:
    known = run_of(change_id, statuses(table, change_id))
    run = with_expected(known, revisions(table, change_id))
    if not run["customers"]:
        raise Refused(f"nothing is known of a change {change_id!r}; see `changecast status`")
    return run


def recent(table: "Table", since: datetime, customer: str | None) -> list[Run]:
    """The runs announced since, newest first; of one customer by its own index."""
    first = utc(since)
    if customer:
        return by_change(statuses_of_customer(table, customer, first))
    rows = statuses_of_days(table, days_back(since, datetime.now(UTC)))
    return by_change(row for row in rows if row["announced_at"] >= first)


def watched(read: Read, *, quiet: bool) -> list[Run]:
    """The runs once none goes on, shown while they do where there is a screen for it."""
    runs: list[Run] = []
    live = None if quiet or not out.is_terminal else Live(console=out, auto_refresh=False)
    with live or nullcontext():
        for runs in until_settled(read):
            if live:
                live.update(runs_table(runs), refresh=True)
    paused = {code for run in runs for code, one in run["customers"].items() if is_paused(one)}
    if paused:
        say(f"Nothing goes on any more at {', '.join(sorted(paused))}: paused, until somebody "
            "mends the cause and types `changecast resume`")  # fmt: skip
    return runs


def until_settled(read: Read, sleep: Callable[[float], None] = time.sleep) -> Iterator[list[Run]]:
    """The runs again and again, until all are settled or nothing but a pause was left for long."""
    paused = 0.0
    while True:
        runs = read()
        yield runs
        open_ = [one for run in runs for one in run["customers"].values() if not is_settled(one)]
        paused = paused + WATCH_SECONDS if all(map(is_paused, open_)) else 0.0
        if not open_ or paused > PAUSED_SECONDS:
            return
        sleep(WATCH_SECONDS)


def _one(table: "Table", run: Run) -> Run:
    return {**run, "announcements": announcements(revisions(table, run["change_id"]))}


def _show(table: "Table", runs: list[Run], change_id: str | None, *, watched: bool) -> None:
    live = watched and out.is_terminal
    if not live and any(run["customers"] for run in runs):
        out.print(runs_table(runs))
    elif not live:
        out.print("Nothing to show: no change fits. --since looks further back.")
    if change_id and not live:
        out.print(announcements_text(revisions(table, change_id)))
    steps = [step for run in runs for step in next_steps(run)] if change_id else []
    if steps:
        out.print(Text("\n".join(["Next:", *(f"  {step}" for step in steps)])), soft_wrap=True)
