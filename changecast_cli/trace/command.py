"""changecast trace: a change's timeline from the put to the SES calls, customer by customer."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from changecast.customer.ledger.schema import run_id
from changecast.hub.announcing.announce import STATUS_TABLE
from changecast.hub.tracking.table import statuses
from changecast_cli.customer_access import CustomerProfile, ExternalId, Keys, enter
from changecast_cli.failures import FAILED, Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import err, out, print_json, working
from changecast_cli.trace.folding import folded
from changecast_cli.trace.page import write_page
from changecast_cli.trace.reading import KEPT, find, of_change, of_run, read
from changecast_cli.trace.spans import Span, Way, joined
from changecast_cli.trace.text import waterfall
from changecast_cli.watching.runs import Run, only, run_of
from changecast_cli.watching.status import refuse_unnamed

# A file has no width; the bars do not need more than this.
WIDEST = 140
EARLIER, LATER = timedelta(minutes=1), timedelta(minutes=30)
NO_TRACES = "No traces: X-Ray shows them after a few seconds, and keeps them for 30 days."


def trace(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    customer: Annotated[
        str | None,
        typer.Option(
            "--customer",
            "-c",
            help="Only this customer (default: every customer that the change names).",
        ),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write an HTML page to this file.")] = None,
    every: Annotated[
        bool,
        typer.Option("--all", help="Show every trace and call, even hundreds of similar ones."),
    ] = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
    customer_profile: CustomerProfile = None,
    external_id: ExternalId = None,
) -> None:
    """Draw one timeline per customer, from the announcement to the calls to SES.

    Reads the customer's section of the timeline from the customer's account, if you have its
    profile or operator role; otherwise the timeline ends at the hub. X-Ray keeps traces for 30
    days.
    """
    if customer_profile and not customer:
        raise Refused("--customer-profile is for one account: add --customer")
    hub = session(profile, region)
    run = _run(hub, change_id, customer)
    with working(f"Reading the traces of {change_id}"):
        ways = ways_of(hub, run, Keys(customer_profile, external_id))
    if not every:
        ways = [replace(way, traces=folded(way.traces)) for way in ways]
    if html is not None:
        write_page(html, run, ways)
        err.print(f"Written: {html}", markup=False)
    if as_json:
        print_json({"change_id": change_id, "customers": {w.customer: asdict(w) for w in ways}})
    elif html is None:
        _draw(change_id, ways)
    if not any(way.traces for way in ways):
        raise typer.Exit(FAILED)


def ways_of(hub: boto3.Session, run: Run, keys: Keys) -> list[Way]:
    """Return the timeline of every customer of a run."""
    roots: dict[int, tuple[dict[str, list[Span]], str]] = {}
    ways = []
    for code, customer in run["customers"].items():
        revision = customer["revision"]
        if revision not in roots:
            roots[revision] = _of_the_hub(hub, run, revision)
        found, lacks = roots[revision]
        way = _way(hub, run["change_id"], code, customer, found, keys)
        ways.append(replace(way, hub_lacks=lacks))
    return ways


def _of_the_hub(hub: boto3.Session, run: Run, revision: int) -> tuple[dict[str, list[Span]], str]:
    """Return the hub's traces of a revision, or why they are missing."""
    try:
        client, times = hub.client("xray"), _times(run["customers"])
        ids = find(client, [of_change(run["change_id"], revision)], *times)
        return _put(read(client, ids)), ""
    except (ClientError, BotoCoreError) as error:
        return {}, str(error)


def _way(
    hub: boto3.Session,
    change_id: str,
    code: str,
    customer: Mapping[str, Any],
    roots: Mapping[str, list[Span]],
    keys: Keys,
) -> Way:
    revision, lacks, own = customer["revision"], "", {}
    requested = [of_change(change_id, revision), of_run(run_id(change_id, revision))]
    try:
        xray = enter(hub, code, keys).session.client("xray")
        mine = f' AND annotation.customer = "{code}"'
        ids = find(xray, [each + mine for each in requested], *_times({code: customer}))
        own = read(xray, ids)
    except (Refused, ClientError, BotoCoreError) as error:
        lacks = str(error)
    links = {link for spans in own.values() for span in spans for link in span.links}
    heard = {trace_id: spans for trace_id, spans in roots.items() if not own or trace_id in links}
    first = next(iter(heard), "")
    return Way(code, revision, joined({**heard, **own}, first), lacks)


def _put(traces: Mapping[str, list[Span]]) -> dict[str, list[Span]]:
    """Return the traces without the customer's; in a trial, both may share an account."""
    return {
        trace_id: spans
        for trace_id, spans in traces.items()
        if not any(name == "customer" for span in spans for name, _ in span.annotations)
    }


def _times(customers: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Return when the traces of these customers' runs began, with a margin for clocks."""
    said = [
        datetime.fromisoformat(customer[name])
        for customer in customers.values()
        for name in ("announced_at", "started_at", "ended_at")
        if customer[name]
    ]
    now = datetime.now(UTC)
    begin, end = min(said, default=now), max(said, default=now)
    return max(begin - EARLIER, now - KEPT), min(end + LATER, now + EARLIER)


def _run(hub: boto3.Session, change_id: str, customer: str | None) -> Run:
    table = hub.resource("dynamodb").Table(STATUS_TABLE)
    run = run_of(change_id, statuses(table, change_id))
    if not run["customers"]:
        raise Refused(f"unknown change {change_id!r}. To list changes: changecast status")
    refuse_unnamed(change_id, customer, run["customers"])
    return only(run, customer=customer)


def _draw(change_id: str, ways: list[Way]) -> None:
    for way in ways:
        out.print(Text(f"{change_id} rev {way.revision} → {way.customer}", style="bold underline"))
        if way.traces:
            out.print(waterfall(way.traces, min(out.width, WIDEST)))
        if way.hub_lacks:
            out.print(Text(f"The hub's part is missing: {way.hub_lacks}", style="yellow"))
        if way.lacks:
            out.print(Text(f"The customer's part is missing: {way.lacks}", style="yellow"))
        elif not way.traces and not way.hub_lacks:
            out.print(Text(NO_TRACES, style="yellow"))
        out.print()
