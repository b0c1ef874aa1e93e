"""changecast replay: bring announcements of some time again to who missed them."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from changecast.announce import Hub, connect
from changecast.change import utc
from changecast.registry import Customer
from changecast.status_table import Row, statuses_of_customer
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.deploying.customer_access import find_customer
from changecast_cli.failures import FAILED, Refused, say
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.repair.replays import Replay, progress, replays_for, start
from changecast_cli.repair.route_letters import RouteLetters, letters_of, send_again
from changecast_cli.terminal import err, out, print_json, working
from changecast_cli.watching.since import point_in_time

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

# An event is in the archive some minutes after it was put.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
ARCHIVED_AFTER = timedelta(minutes=10)


@dataclass
class Done:
    """What became of a replay, as `--json` prints it."""

    replays: list[dict[str, Any]] = field(default_factory=list)
    announced_again: int = 0
    refused: list[str] = field(default_factory=list)


def replay(
    begin: Annotated[str, typer.Option("--from", help="2d, 12h, a date or an RFC 3339 time.")],
    end: Annotated[str, typer.Option("--to", help="The same; now if left out.")] = "0min",
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", help="Only this one; else every route.")
    ] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for its end.", min=0)] = 120,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Replay the hub's archive through the routes of customers, and what their routes held back.

    Through these routes only: nothing else on the hub sees it. Whoever was mailed is not mailed
    again, and an older revision than the newest one mails nobody.
    """
    hub_session = session(profile, region)
    now = datetime.now(UTC)
    first, last = point_in_time(begin, now), point_in_time(end, now)
    if first >= last:
        raise Refused(f"--from ({utc(first)}) must be before --to ({utc(last)})")
    hub = connect(hub_session)
    customers = [find_customer(hub_session, customer)] if customer else [*hub.customers.values()]
    events, done = hub.events, Done()
    planned = replays_for(events, customers)
    with ExitStack() as stack:
        with working("Looking for what was held back"):
            held = [
                stack.enter_context(letters_of(hub_session, one.code, first, last))
                for one in customers
            ]
        plan = plan_for(customers, first, last, _announced(hub, customers, first, last), held)
        if go_on([*plan, *_warnings(last, now)], yes=yes, dry_run=dry_run):
            _send_held(held, hub, done)
            _replay_all(events, planned, (first, last), wait, done)
    _tell(done, as_json=as_json)


def plan_for(
    customers: list[Customer],
    first: datetime,
    last: datetime,
    rows: Iterable[Row],
    held: list[RouteLetters],
) -> list[str]:
    """What a replay would do, in sentences."""
    who = ", ".join(customer.code for customer in customers)
    named = [f"{row['change_id']} revision {row['revision']} ({row['customer']})" for row in rows]
    known = f"{len(named)} by the hub's table: {', '.join(named[:10])}" if named else "none known"
    more = ", ..." if len(named) > 10 else ""
    letters = sum(len(each.chosen) for each in held)
    return [
        f"What was announced from {utc(first)} to {utc(last)} is replayed to {who} ({known}{more})",
        f"{letters} dead letters of the routes are announced again, each to its customer alone",
        "Whoever was mailed already is not mailed again",
    ]


def _warnings(last: datetime, now: datetime) -> list[str]:
    if now - last >= ARCHIVED_AFTER:
        return []
    return ["What was put in the last 10 minutes may not be in the archive yet: wait, or repeat"]


def _announced(
    hub: Hub, customers: Iterable[Customer], first: datetime, last: datetime
) -> Iterator[Row]:
    for customer in customers:
        for row in statuses_of_customer(hub.table, customer.code, utc(first)):
            if row["announced_at"] <= utc(last):
                yield row


def _send_held(held: Iterable[RouteLetters], hub: Hub, done: Done) -> None:
    for letters in held:
        sent, refused = send_again(letters, hub)
        done.announced_again += sent
        done.refused += refused


def _replay_all(
    events: "EventBridgeClient",
    planned: list[Replay],
    times: tuple[datetime, datetime],
    wait: float,
    done: Done,
) -> None:
    for each in planned:
        start(events, each, *times)
        with working(f"Replay {each.name}"):
            state = list(progress(events, each, wait))[-1]
        done.replays.append({"name": each.name, "state": state, "rules": list(each.rules)})


def _tell(done: Done, *, as_json: bool) -> None:
    if as_json:
        print_json(vars(done))
    for each in done.replays:
        if each["state"] != "COMPLETED":
            err.print(f"AWS goes on with it: aws events describe-replay --replay-name "
                      f"{each['name']}", markup=False)  # fmt: skip
    for refused in done.refused:
        say(f"not announced again: {refused}")
    if done.replays and not as_json:
        again = done.announced_again
        out.print(f"Replayed; {again} dead letters announced again. Next: changecast status")
    if done.refused:
        raise typer.Exit(FAILED)
