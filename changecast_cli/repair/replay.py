"""changecast replay: deliver the announcements of some time again to customers that missed them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from changecast.contract.change import utc
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Hub, connect
from changecast.hub.registry import Customer, list_customers
from changecast.hub.tracking.operator_actions import Action
from changecast.hub.tracking.table import Row, statuses_of_customer
from changecast_cli.announcing.proposing import announce_again
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.customer_access import find_customer
from changecast_cli.failures import FAILED, Refused, say
from changecast_cli.options import As, AsJson, Profile, Region, session
from changecast_cli.repair.causes import refuse_broken_buses
from changecast_cli.repair.noting import note
from changecast_cli.repair.replays import Replay, progress, replays_for, start
from changecast_cli.repair.route_dead_letters import RouteLetters, letters_of, send_again
from changecast_cli.terminal import counted, err, out, print_json, working
from changecast_cli.watching.since import point_in_time

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_events import EventBridgeClient

# An event reaches the archive some minutes after it was put.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
ARCHIVED_AFTER = timedelta(minutes=10)


# (change id, customer) of announcements that no replay through the customer's rule can repeat.
Elsewhere = tuple[str, str]
# Announces a change again to a customer.
Again = Callable[[str, str], object]


@dataclass
class Replayed:
    """Result of a replay, as `--json` prints it."""

    replays: list[dict[str, Any]] = field(default_factory=list)
    announced_again: int = 0
    refused: list[str] = field(default_factory=list)


def replay(
    begin: Annotated[
        str,
        typer.Option(
            "--from", help="The start: how long ago (2d, 12h), a date, or an RFC 3339 time."
        ),
    ],
    end: Annotated[
        str, typer.Option("--to", help="The end, written like --from; 0min means now.")
    ] = "0min",
    customer: Annotated[
        str | None,
        typer.Option("--customer", "-c", help="Only this customer (default: every customer)."),
    ] = None,
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for the replay to end.", min=0)
    ] = 120,
    as_person: As = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replay even if a customer's bus refuses events.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Replay the hub's archive and the routes' dead letters to customers that missed announcements.

    Archived events go only to the customers' routes, and to nothing else on the hub. Nobody who was
    mailed is mailed again, and a revision that is no longer the newest mails nobody. First checks
    the buses in customers' accounts: with --customer, only that customer's; without, those of all
    customers with dead letters. Refuses if one of them accepts no events.
    """
    hub_session = session(profile, region)
    now = datetime.now(UTC)
    first, last = point_in_time(begin, now), point_in_time(end, now)
    if first >= last:
        raise Refused(f"--from ({utc(first)}) must be before --to ({utc(last)})")
    hub = connect(hub_session)
    customers = (
        [find_customer(hub_session, customer)]
        if customer
        else [*list_customers(hub_session.client("ssm")).values()]
    )
    events, done = hub.events, Replayed()
    again = partial(announce_again, hub_session, hub, given=as_person)
    planned = replays_for(events, customers)
    with ExitStack() as stack:
        with working("Looking for dead letters of the routes"):
            letters_of_routes = [
                stack.enter_context(letters_of(hub_session, one.code, first, last))
                for one in customers
            ]
        if not force:
            unheard = [each.code for each in letters_of_routes if each.chosen]
            codes = [customer] if customer else unheard
            refuse_broken_buses(hub_session, codes, "replayed")
        rows = [*_announced(hub, customers, first, last)]
        elsewhere = before_moves(customers, rows)
        plan = plan_for(customers, first, last, rows, letters_of_routes, elsewhere)
        if go_on([*plan, *_warnings(last, now)], yes=yes, dry_run=dry_run):
            _send_letters(letters_of_routes, hub, again, done)
            for each in planned:
                start(events, each, first, last)
            _announce_again(again, elsewhere, done)
            _note(hub_session, rows, first, last)
            _wait_for(events, planned, wait, done)
    _tell(done, as_json=as_json)


def plan_for(
    customers: list[Customer],
    first: datetime,
    last: datetime,
    rows: Iterable[Row],
    letters_of_routes: list[RouteLetters],
    elsewhere: Sequence[Elsewhere] = (),
) -> list[str]:
    """Return what a replay would do, in sentences."""
    who = ", ".join(customer.code for customer in customers)
    named = [f"{row['change_id']} revision {row['revision']} ({row['customer']})" for row in rows]
    known = (
        f"{len(named)} in the hub's records: {', '.join(named[:10])}"
        if named
        else "none in the hub's records"
    )
    more = ", ..." if len(named) > 10 else ""
    letters = sum(len(each.chosen) for each in letters_of_routes)
    moved = (
        "Announced again, because the customer was on another bus then; each to its own customer "
        f"only: {counted(len(elsewhere), 'change')}"
    )
    return [
        f"Announcements from {utc(first)} to {utc(last)} are replayed to {who} ({known}{more})",
        "Announced again from the routes' dead letters; each to its own customer only: "
        f"{counted(letters, 'dead letter')}",
        *([moved] if elsewhere else []),
        "Nobody who was already mailed is mailed again",
    ]


def before_moves(customers: Iterable[Customer], rows: Iterable[Row]) -> list[Elsewhere]:
    """Return customers' announcements on an earlier bus, whose archive no rule of theirs reads."""
    since = {customer.code: customer.hub_bus_since for customer in customers}
    found = [
        (str(row["change_id"]), str(row["customer"]))
        for row in rows
        if row["announced_at"] < since.get(row["customer"], "")
    ]
    return list(dict.fromkeys(found))


def _announce_again(again: Again, elsewhere: Iterable[Elsewhere], done: Replayed) -> None:
    for change_id, code in elsewhere:
        try:
            again(change_id, code)
        except ContractError as error:
            done.refused.append(f"{change_id} to {code} ({error.message})")
        else:
            done.announced_again += 1


def _warnings(last: datetime, now: datetime) -> list[str]:
    if now - last >= ARCHIVED_AFTER:
        return []
    return [
        (
            "Announcements of the last 10 minutes may not be in the archive yet. To include "
            "them, replay again later"
        )
    ]


def _announced(
    hub: Hub, customers: Iterable[Customer], first: datetime, last: datetime
) -> Iterator[Row]:
    for customer in customers:
        for row in statuses_of_customer(hub.table, customer.code, utc(first)):
            if row["announced_at"] <= utc(last):
                yield row


def _send_letters(
    letters_of_routes: Iterable[RouteLetters], hub: Hub, again: Again, done: Replayed
) -> None:
    for letters in letters_of_routes:
        sent, refused = send_again(letters, hub, again)
        done.announced_again += sent
        done.refused += refused


def _note(hub: "boto3.Session", rows: list[Row], first: datetime, last: datetime) -> None:
    """Note the replay in the history of every change that it delivers again."""
    for code in dict.fromkeys(row["customer"] for row in rows):
        runs = [(row["change_id"], int(row["revision"])) for row in rows if row["customer"] == code]
        note(hub, Action.REPLAYED, code, runs, f"of {utc(first)} to {utc(last)}")


def _wait_for(
    events: "EventBridgeClient", planned: list[Replay], wait: float, done: Replayed
) -> None:
    for each in planned:
        with working(f"Replay {each.name}"):
            state = list(progress(events, each, wait))[-1]
        done.replays.append({"name": each.name, "state": state, "rules": list(each.rules)})


def _tell(done: Replayed, *, as_json: bool) -> None:
    if as_json:
        print_json(vars(done))
    for each in done.replays:
        if each["state"] != "COMPLETED":
            err.print(
                "the replay continues in AWS; to see its progress: "
                f"aws events describe-replay --replay-name {each['name']}",
                markup=False,
            )
    for refused in done.refused:
        say(f"not announced again: {refused}")
    if done.replays and not as_json:
        is_over = all(each["state"] == "COMPLETED" for each in done.replays)
        begun = "Replayed" if is_over else "Replay started"
        out.print(f"{begun}. Announced again: {done.announced_again}. Next: changecast status")
    if done.refused:
        raise typer.Exit(FAILED)
