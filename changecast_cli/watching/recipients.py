"""changecast recipients: what happened to every recipient of a change at one customer."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from changecast.change import utc
from changecast.ledger import Ledger, batches_of, runs_of
from changecast.ledger_items import Recipient, Run
from changecast.states import State
from changecast_cli.deploying.customer_access import (
    CustomerAccount,
    CustomerCode,
    CustomerProfile,
    ExternalId,
    Keys,
    enter,
)
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_json, working

_LOOKS = {
    State.DELIVERED: "green",
    State.SENT: "green",
    State.PLANNED: "cyan",
    State.SENDING: "cyan",
    State.UNKNOWN: "yellow",
    State.SUPERSEDED: "dim",
    State.SUPPRESSED: "yellow",
    State.SOFT_BOUNCED: "yellow",
}
_BAD = "bold red"
# A message id of SES has 60 signs.
WIDE = 120

Revision = Annotated[
    int | None, typer.Option(help="Which revision; the newest if left out.", min=1)
]


def recipients(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    customer: CustomerCode,
    revision: Revision = None,
    state: Annotated[
        list[State] | None,
        typer.Option(
            help="Only who is in this state; more than once for several.", case_sensitive=False
        ),
    ] = None,
    show_addresses: Annotated[
        bool, typer.Option("--show-addresses", help="Whole addresses: people's data.")
    ] = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
    customer_profile: CustomerProfile = None,
    external_id: ExternalId = None,
) -> None:
    """Show every recipient's state, read from the customer's own account.

    Needs that account: its profile, or the operator role that the customer may give you.
    """
    with working(f"Reading the ledger of {customer}"):
        account = enter(session(profile, region), customer, Keys(customer_profile, external_id))
        ledger = account.ledger()
        run = run_in(account, ledger, change_id, revision)
        found = [
            plain(recipient, show_addresses=show_addresses)
            for recipient in recipients_of(ledger, run)
            if not state or recipient.state in state
        ]
    if as_json:
        head = {"change_id": change_id, "revision": run.revision, "customer": customer}
        print_json({**head, "recipients": found})
        return
    out.print(_table(found, wide=out.width >= WIDE))
    out.print(f"[dim]{len(found)} recipients of revision {run.revision}, {account.way}[/]")


def run_in(account: CustomerAccount, ledger: Ledger, change_id: str, revision: int | None) -> Run:
    """The change's run in this account, of a revision or the newest; Refused where it has none."""
    runs = runs_of(ledger, change_id)
    fitting = [run for run in runs if revision in (None, run.revision)]
    if not fitting:
        known = ", ".join(str(run.revision) for run in runs) or "none"
        what = f"{change_id!r}" if revision is None else f"{change_id!r} revision {revision}"
        raise Refused(
            f"the ledger of {account.customer.code} has no run of {what} (revisions there: "
            f"{known}); see `changecast status {change_id}`"
        )
    return fitting[-1]


def recipients_of(ledger: Ledger, run: Run) -> Iterator[Recipient]:
    """Everybody whom the run is for, batch by batch."""
    for batch in batches_of(ledger, run):
        yield from batch.recipients


def plain(recipient: Recipient, *, show_addresses: bool) -> dict[str, Any]:
    """A recipient as `--json` prints it."""
    since = datetime.fromtimestamp(recipient.since, UTC) if recipient.since else None
    return {
        "key": recipient.key,
        "address": recipient.address if show_addresses else masked(recipient.address),
        "state": recipient.state.value,
        "attempt": recipient.attempt,
        "since": utc(since) if since else None,
        "message_id": recipient.message_id or None,
        "code": recipient.code or None,
    }


def masked(address: str) -> str:
    """The first letter and the domain: enough to find somebody, too little to write to."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}***{at}{domain}"


def _table(found: list[dict[str, Any]], *, wide: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold dim", show_edge=False)
    for name in ("RECIPIENT", "KEY", "STATE"):
        table.add_column(name, overflow="fold")
    table.add_column("TRY", justify="right")
    table.add_column("SINCE (UTC)", no_wrap=True)
    table.add_column("SES MESSAGE OR CODE" if wide else "CODE", overflow="fold")
    for one in found:
        state = State(one["state"])
        table.add_row(
            Text(one["address"]),
            Text(one["key"][:8], style="dim"),
            Text(one["state"].replace("_", " ").lower(), style=_LOOKS.get(state, _BAD)),
            Text(str(one["attempt"])),
            Text((one["since"] or "")[:19].replace("T", " ")),
            Text(one["code"] or (one["message_id"] if wide else "") or "", style="dim"),
        )
    return table
