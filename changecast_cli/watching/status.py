"""changecast status: the state of every customer's delivery."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live
from rich.text import Text

from changecast.contract.change import utc
from changecast.contract.delivery_reported import RunState
from changecast.contract.pause_code import pause_of
from changecast.hub.announcing.announce import STATUS_TABLE
from changecast.hub.name_suggestions import known_names
from changecast.hub.tracking.discards import standing_revisions
from changecast.hub.tracking.findings import ANNOUNCED, SILENT
from changecast.hub.tracking.open_windows import (
    OverdueChange,
    overdue_change,
    overdue_changes,
)
from changecast.hub.tracking.operator_actions import actions_on
from changecast.hub.tracking.queries import reminders
from changecast.hub.tracking.registry_index import registered
from changecast.hub.tracking.revisions import records_of, revisions
from changecast.hub.tracking.table import Row, statuses, statuses_of_customer, statuses_of_days
from changecast_cli.customer_access import find_customer
from changecast_cli.failures import FAILED, Refused, say
from changecast_cli.options import AsJson, OnlyBus, OnlyStates, Profile, Region, session
from changecast_cli.terminal import counted, out, print_csv, print_json
from changecast_cli.watching.advice import (
    discard_steps,
    next_steps,
    overdue_steps,
    refused_steps,
)
from changecast_cli.watching.announced_by import announcements, announcements_text
from changecast_cli.watching.runs import (
    Run,
    by_change,
    is_bad,
    is_paused,
    is_settled,
    only,
    run_of,
    strays,
    with_expected,
    with_reminders,
)
from changecast_cli.watching.silence import with_refusals, with_silence
from changecast_cli.watching.since import days_back, point_in_time
from changecast_cli.watching.status_csv import csv_of
from changecast_cli.watching.tables import runs_table

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_dynamodb.service_resource import Table

STATES = frozenset({ANNOUNCED, *RunState, *SILENT})
WATCH_SECONDS = 1.0
# Some pauses end on their own, and a `resume` takes a minute or two; after this, people must act.
PAUSED_SECONDS = 180.0
# How many rows of changes that nobody announced are shown per customer.
MOST_MADE_UP = 10
FEW_NAMES = 10
LONGEST = timedelta(days=366)
Read = Callable[[], list[Run]]
_GONE = "the cause is gone; then sending continues automatically"
_RESUMED = "somebody deals with the cause and runs `changecast resume`"


def status(
    change_id: Annotated[
        str | None, typer.Argument(help="The change; without it, all recent changes.")
    ] = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            "-w",
            help="Keep updating until every run has ended, or has been paused for three minutes; "
            "exits with 1 unless all is well.",
        ),
    ] = False,
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", help="Only this customer.")
    ] = None,
    since: Annotated[
        str,
        typer.Option(help="How far back to list if no change is given: 2d, 12h, 30min or a date."),
    ] = "7d",
    failed: Annotated[
        bool,
        typer.Option(
            "--failed",
            help="Only customers in trouble: failed, partial, held, paused, rejected or silent.",
        ),
    ] = False,
    state: OnlyStates = None,
    bus: OnlyBus = None,
    page: Annotated[
        int, typer.Option(help="The page to show if a change has more than 100 customers.", min=1)
    ] = 1,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one row per customer.")] = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Show who was told what: each customer's state, counts and reason."""
    if as_json and as_csv:
        raise Refused("use either --json or --csv, not both")
    hub = session(profile, region)
    table = hub.resource("dynamodb").Table(STATUS_TABLE)
    filters = Filters(customer, failed, frozenset(state or ()), codes_on(hub, bus))
    filters.refuse_unknown_states()
    read = _reader(table, change_id, since, filters)
    runs = watched(read, quiet=as_json or as_csv) if watch else read()
    if customer and not runs:
        find_customer(hub, customer)
    runs = _explained(hub, table, runs, change_id)
    if as_csv:
        print_csv(csv_of(runs))
    elif as_json:
        print_json(_one(table, runs[0]) if change_id else _every(read, runs))
    else:
        _show(table, runs, change_id, watched=watch, page=page)
        say_next([] if change_id else [*refused_steps(runs), *overdue_steps(read.overdue)])
        for code, number in read.hidden.items():
            say_hidden(code, number)
    if watch and any(is_bad(one) for run in runs for one in run["customers"].values()):
        raise typer.Exit(FAILED)


@dataclass(frozen=True)
class Filters:
    """The requested customers; `codes` are those of a bus, None for every bus."""

    customer: str | None
    failed: bool
    states: frozenset[str]
    codes: frozenset[str] | None

    def of(self, run: Run) -> Run:
        """Return a run with only these customers."""
        return only(
            run, customer=self.customer, bad=self.failed, states=self.states, codes=self.codes
        )

    def refuse_unknown_states(self) -> None:
        """Raise Refused if a state does not exist."""
        for state in sorted(self.states - STATES):
            raise Refused(f"there is no state {state!r} ({known_names(state, STATES)})")


def codes_on(hub: "boto3.Session", bus: str | None) -> frozenset[str] | None:
    """Return the customers whose route is on a bus; None if no bus is requested."""
    if bus is None:
        return None
    table = hub.resource("dynamodb").Table(STATUS_TABLE)
    customers = registered(hub.client("ssm"), table, datetime.now(UTC)).values()
    buses = {each.hub_bus for each in customers}
    if bus not in buses:
        raise Refused(f"no customer is on the bus {bus!r} ({known_names(bus, buses)})")
    return frozenset(each.code for each in customers if each.hub_bus == bus)


@dataclass
class _Reader:
    """Reads the requested runs; `hidden` counts the rows that the last read left out."""

    table: "Table"
    change_id: str | None
    start: datetime
    filters: Filters
    hidden: Mapping[str, int] = field(default_factory=dict)

    @property
    def overdue(self) -> list[OverdueChange]:
        """Return the overdue changes, if no single change is requested."""
        every = [] if self.change_id else overdue_changes(self.table)
        return [one for one in every if self.filters.customer in (None, *one.customers)]

    def __call__(self) -> list[Run]:
        if self.change_id:
            runs = [_known(self.table, self.change_id)]
            refuse_unnamed(self.change_id, self.filters.customer, runs[0]["customers"])
        else:
            rows, self.hidden = without_floods(_rows(self.table, self.start, self.filters.customer))
            runs = by_change(rows)
        kept = with_change_status(self.table, [self.filters.of(run) for run in runs])
        return kept if self.change_id else [run for run in kept if run["customers"]]


def with_change_status(table: "Table", runs: Iterable[Run]) -> list[Run]:
    """Return the runs with the status of their change, as its newest revision here states it.

    None if nobody announced that revision here.
    """
    every = [*runs]
    named = [(run["change_id"], run["revision"]) for run in every if run["customers"]]
    found = records_of(table, named)
    return [
        {**run, "status": found[run["change_id"]].status if run["change_id"] in found else None}
        for run in every
    ]


def _explained(
    hub: "boto3.Session", table: "Table", runs: list[Run], change_id: str | None
) -> list[Run]:
    """Return the runs with what the hub sees of late reports; one change also with reminders."""
    now = datetime.now(UTC)
    if not change_id:
        return with_refusals(hub, table, runs, now)
    runs = [with_silence(hub, run, now) for run in runs]
    return [with_reminders(run, reminders(table, change_id)) for run in runs]


def _reader(table: "Table", change_id: str | None, since: str, filters: Filters) -> _Reader:
    start = point_in_time(since, datetime.now(UTC))
    if datetime.now(UTC) - start > LONGEST:
        raise Refused(f"--since can go back at most {LONGEST.days} days")
    return _Reader(table, change_id, start, filters)


def _known(table: "Table", change_id: str) -> Run:
    known = run_of(change_id, statuses(table, change_id))
    run = with_expected(known, standing_revisions(table, change_id))
    if not run["customers"]:
        raise Refused(f"unknown change {change_id!r}. To list changes: changecast status")
    return run


def refuse_unnamed(change_id: str, code: str | None, named: Iterable[str]) -> None:
    """Raise Refused if the change does not name the requested customer."""
    named = [*named]
    if code and code not in named:
        few = len(named) <= FEW_NAMES
        names = (
            f"; it names {', '.join(sorted(named))}" if few else f" ({known_names(code, named)})"
        )
        raise Refused(f"{change_id} does not name {code!r}{names}")


def strays_of(table: "Table", change_id: str) -> list[int]:
    """Return the revisions that a customer obeys and nobody announced here."""
    return strays(statuses(table, change_id), revisions(table, change_id))


def recent(table: "Table", since: datetime, customer: str | None) -> list[Run]:
    """Return the runs announced since, newest first; one customer's by its own index."""
    return by_change(recent_rows(table, since, customer))


def recent_rows(table: "Table", since: datetime, customer: str | None) -> list[Row]:
    """Return the statuses of every revision announced since, newest first."""
    return without_floods(_rows(table, since, customer))[0]


def _rows(table: "Table", since: datetime, customer: str | None) -> Iterator[Row]:
    first = utc(since)
    if customer:
        return statuses_of_customer(table, customer, first)
    rows = statuses_of_days(table, days_back(since, datetime.now(UTC)))
    return (row for row in rows if row["announced_at"] >= first)


def without_floods(rows: Iterable[Row]) -> tuple[list[Row], dict[str, int]]:
    """Return the rows without most of those that an account made up, and the number left out.

    A customer's account can report about changes that nobody announced.
    """
    kept: list[Row] = []
    made_up: Counter[str] = Counter()
    for row in rows:
        if "announced_by" not in row:
            made_up[row["customer"]] += 1
        if "announced_by" in row or made_up[row["customer"]] <= MOST_MADE_UP:
            kept.append(row)
    return kept, {code: n - MOST_MADE_UP for code, n in made_up.items() if n > MOST_MADE_UP}


def watched(read: Read, *, quiet: bool) -> list[Run]:
    """Return the runs once all are settled, and show their progress on a terminal."""
    runs: list[Run] = []
    live = None if quiet or not out.is_terminal else Live(console=out, auto_refresh=False)
    with live or nullcontext():
        for runs in until_settled(read):
            if live:
                live.update(runs_table(runs), refresh=True)
    for sentence in _pauses(runs):
        say(sentence)
    return runs


def _pauses(runs: list[Run]) -> Iterator[str]:
    """Yield who is paused, and what ends the pauses."""
    ends: dict[str, set[str]] = {}
    for code, one in ((code, one) for run in runs for code, one in run["customers"].items()):
        if is_paused(one):
            pause = pause_of(one)
            end = _GONE if pause and pause.automatic else _RESUMED
            ends.setdefault(end, set()).add(code)
    for end, codes in sorted(ends.items()):
        yield f"Paused at {', '.join(sorted(codes))}: nothing more is sent until {end}"


def until_settled(read: Read, sleep: Callable[[float], None] = time.sleep) -> Iterator[list[Run]]:
    """Yield the runs repeatedly, until all are settled or only pauses are left for long."""
    paused = 0.0
    while True:
        runs = read()
        yield runs
        open_ = [one for run in runs for one in run["customers"].values() if not is_settled(one)]
        paused = paused + WATCH_SECONDS if all(map(is_paused, open_)) else 0.0
        if not open_ or paused > PAUSED_SECONDS:
            return
        sleep(WATCH_SECONDS)


def say_hidden(code: str, number: int) -> None:
    """Print how many of a customer's reports about unannounced changes are not shown."""
    out.print(
        f"{code}: not shown: {counted(number, 'more report')} about changes that nobody announced "
        f"here. The account may be sending false reports. Check it: changecast doctor --customer "
        f"{code}",
        markup=False,
    )


def _every(read: _Reader, runs: list[Run]) -> dict[str, object]:
    overdue = [one._asdict() for one in read.overdue]
    return {"runs": runs, "hidden": read.hidden, "overdue": overdue}


def _one(table: "Table", run: Run) -> Run:
    change_id = run["change_id"]
    overdue = overdue_change(table, change_id)
    return {
        **run,
        "overdue": overdue._asdict() if overdue else None,
        "announcements": announcements(revisions(table, change_id)),
        "not_announced_here": strays_of(table, change_id),
    }


def _show(
    table: "Table", runs: list[Run], change_id: str | None, *, watched: bool, page: int
) -> None:
    live = watched and out.is_terminal
    if not live and any(run["customers"] for run in runs):
        out.print(runs_table(runs, page=page))
    elif not live:
        out.print(
            f"No customer of {change_id} matches."
            if change_id
            else "No change matches. To look further back, use --since."
        )
    if change_id and not live:
        out.print(announcements_text(revisions(table, change_id)))
    actions = actions_on(table, change_id) if change_id else []
    steps = [step for run in runs for step in next_steps(run, actions)] if change_id else []
    if change_id:
        steps += discard_steps(change_id, strays_of(table, change_id))
        overdue = overdue_change(table, change_id)
        steps += overdue_steps([overdue] if overdue else [])
    say_next(steps)


def say_next(steps: Iterable[str]) -> None:
    """Print the next commands, one per line."""
    lines = [f"  {step}" for step in steps]
    if lines:
        out.print(Text("\n".join(["Next:", *lines])))
