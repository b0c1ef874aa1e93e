"""The first page: what needs a person, what is planned, and the state of open changes."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from changecast.hub.tracking.freezes import kept_freezes
from changecast.hub.tracking.operator_actions import actions_on
from changecast_cli.console import calendar
from changecast_cli.console.board import Standing
from changecast_cli.console.customers import stacks
from changecast_cli.console.pages import Part, clock, page, part_of
from changecast_cli.console.trouble import Trouble, troubles
from changecast_cli.failures import Refused
from changecast_cli.watching.runs import is_bad

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

CHIPS = 12
ZONES = ("UTC", "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo")


def overview(request: Request) -> Response:
    """Show the overview."""
    console, zone, now = request.app.state.console, clock(request), datetime.now(UTC)
    version = console.board.seen_as()
    every = [one for one in console.board.standings() if one.is_open]
    days = calendar.days_from(now, zone)
    plans = calendar.planned(every, days, zone)
    shown = part_of(plans, request, "planned")
    freezes = kept_freezes(console.aws.table)
    return page(
        request,
        "overview.html.j2",
        clock=zone,
        version=version,
        days=days,
        troubles=_with_decisions(
            console.aws.table, part_of([*troubles(every, now)], request, "needs"), every, now
        ),
        plans=shown,
        lines=calendar.lines(shown.items, plans, freezes, days, zone),
        changes=part_of(every, request, "page"),
        chips=chips,
        zones=_zones(request),
    )


def _with_decisions(
    table: "Table", shown: Part[Trouble], every: Sequence[Standing], now: datetime
) -> Part[Trouble]:
    """Return the shown troubles with what operators did about paused and held runs since."""
    asked = {one.change_id for one in shown.items if one.state in ("paused", "held")}
    actions = {change_id: actions_on(table, change_id) for change_id in asked}
    standings = [one for one in every if actions.get(one.change_id)]
    known = {_place(one): one for one in troubles(standings, now, actions)}
    return replace(shown, items=[known.get(_place(one), one) for one in shown.items])


def _place(one: Trouble) -> tuple[str, str, str]:
    return one.change_id, one.customer, one.state


def chips(standing: Standing) -> tuple[list[tuple[str, Mapping[str, Any]]], int]:
    """Return a change's customers to show, those in trouble first, and how many more there are."""
    customers = sorted(standing.run["customers"].items(), key=lambda pair: not is_bad(pair[1]))
    return customers[:CHIPS], max(0, len(customers) - CHIPS)


def _zones(request: Request) -> list[str]:
    """Return the zones to choose from: a few, those of customers, and the one that is chosen."""
    chosen = request.query_params.get("zone", "")
    own: list[str] = []
    with suppress(Refused):  # If samconfig.toml cannot be read, the page of customers says so.
        own = sorted({customer.timezone for customer in stacks().values()})
    return [*dict.fromkeys([*ZONES, *own, *([chosen] if chosen not in ("", "here") else [])])]
