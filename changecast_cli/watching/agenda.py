"""changecast agenda: the changes ahead, day by day."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from changecast.contract.change import Window, utc
from changecast.hub.announcing.announce import STATUS_TABLE
from changecast.hub.tracking.open_windows import OpenChange, open_changes
from changecast_cli.console.moments import Clock, clock_of
from changecast_cli.customer_access import find_customer
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import counted, out, print_json

LONGEST_DAYS = 366


def agenda(
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", help="Only changes that name this customer.")
    ] = None,
    days: Annotated[
        int,
        typer.Option(
            help=f"How many days to look ahead; at most {LONGEST_DAYS}.", min=1, max=LONGEST_DAYS
        ),
    ] = 14,
    timezone: Annotated[
        str, typer.Option(help="IANA time zone of the times; `here` means this machine's.")
    ] = "UTC",
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Show open changes day by day: planned, under way, or overdue.

    A change that nobody has completed or cancelled stays on the list.
    """
    clock, now = clock_of(timezone), datetime.now(UTC)
    hub = session(profile, region)
    every = open_changes(hub.resource("dynamodb").Table(STATUS_TABLE))
    if customer and not any(customer in one.customers for one in every):
        find_customer(hub, customer)
    until = now + timedelta(days=days)
    found = ahead(every, until, customer)
    if as_json:
        changes = [one._asdict() for one in found]
        print_json({"customer": customer, "until": utc(until), "changes": changes})
    elif found:
        out.print(_table(found, clock, now))
    else:
        whose = f" of {customer}" if customer else ""
        out.print(f"No open change{whose} starts in the next {counted(days, 'day')}.", markup=False)


def ahead(changes: Sequence[OpenChange], until: datetime, customer: str | None) -> list[OpenChange]:
    """Return the changes that start before a time, ordered by start, of one customer or of all."""
    last = utc(until)
    return [
        one
        for one in changes
        if one.window_start < last and (customer is None or customer in one.customers)
    ]


def _table(found: Sequence[OpenChange], clock: Clock, now: datetime) -> Table:
    """Return a table with a heading for each day and a row for each change."""
    table = Table(box=None, pad_edge=False, show_header=False, show_edge=False)
    for _ in range(3):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold", ratio=3)
    table.add_column(overflow="fold", ratio=2)
    for day, changes in groupby(found, key=lambda one: _day(one, clock)):
        table.add_row(Text(day, style="bold"))
        for one in changes:
            table.add_row(
                Text(f"  {_times(one, clock)}"),
                Text(one.change_id),
                _standing(one, now),
                Text(one.title),
                Text(", ".join(one.customers), style="dim"),
            )
    return table


def _day(one: OpenChange, clock: Clock) -> str:
    start = clock.local(datetime.fromisoformat(one.window_start))
    return f"{start:%a} {start.day} {start:%b %Y}"


def _times(one: OpenChange, clock: Clock) -> str:
    """Return the window as text, with the end's day only if it differs."""
    window: Any = Window(start=one.window_start, end=one.window_end)  # type: ignore[arg-type]
    start, end = clock.local(window.start), clock.local(window.end)
    shown = f"{end:%H:%M %Z}" if start.date() == end.date() else clock.at(end)
    return f"{start:%H:%M} to {shown}"


def _standing(one: OpenChange, now: datetime) -> Text:
    if one.overdue:
        return Text("overdue", style="bold red")
    is_over = datetime.fromisoformat(one.window_end) <= now
    status = one.status.replace("_", " ")
    return Text(f"{status}, window over" if is_over else status)
