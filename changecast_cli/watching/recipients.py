"""changecast recipients: what happened to every recipient of a change at one customer."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from changecast.contract.change import utc
from changecast.contract.errors import ContractError
from changecast.contract.reminder import seconds_before, words_of
from changecast.customer.ledger.schema import Recipient, Run
from changecast.customer.ledger.states import State
from changecast.customer.ledger.table import Ledger, all_batches, reminders_of, runs_of
from changecast_cli.customer_access import (
    CustomerAccount,
    CustomerCode,
    CustomerProfile,
    ExternalId,
    Keys,
    enter,
)
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import counted, out, print_json, working

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
# SES's message ids have 60 characters.
WIDE = 120

Revision = Annotated[int | None, typer.Option(help="The revision (default: newest).", min=1)]
Reminder = Annotated[
    str | None,
    typer.Option(
        help="Select the run of this reminder, for example 24h, instead of the announcement's.",
        metavar="TIME",
    ),
]


def recipients(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    customer: CustomerCode,
    revision: Revision = None,
    reminder: Reminder = None,
    state: Annotated[
        list[State] | None,
        typer.Option(
            help="Only recipients in this state, for example failed; repeat the option for more.",
            case_sensitive=False,
        ),
    ] = None,
    show_addresses: Annotated[
        bool, typer.Option("--show-addresses", help="Show whole addresses (personal data).")
    ] = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
    customer_profile: CustomerProfile = None,
    external_id: ExternalId = None,
) -> None:
    """Show every recipient's state, read from the customer's account.

    Needs access to that account: its profile, or the operator role that the customer gave you.
    """
    with working(f"Reading the ledger of {customer}"):
        account = enter(session(profile, region), customer, Keys(customer_profile, external_id))
        ledger = account.ledger()
        run = run_in(account, ledger, change_id, revision, reminder)
        found = [
            plain(recipient, show_addresses=show_addresses)
            for recipient in recipients_of(ledger, run)
            if not state or recipient.state in state
        ]
    if as_json:
        head = {"change_id": change_id, "revision": run.revision, "customer": customer}
        head |= {"reminder": words_of(run.reminds)} if run.is_reminder else {}
        print_json({**head, "recipients": found})
        return
    out.print(_table(found, wide=out.width >= WIDE))
    number = counted(len(found), "recipient")
    out.print(f"[dim]{number} of {_what(run)}, read with {account.way}[/]")


def _what(run: Run) -> str:
    if run.is_reminder:
        return f"the reminder {words_of(run.reminds)}"
    return f"revision {run.revision}"


def run_in(
    account: CustomerAccount, ledger: Ledger, change_id: str, revision: int | None,
    reminder: str | None = None,
) -> Run:  # fmt: skip
    """Return the change's run in this account: of a reminder, a revision, or the newest revision.

    Raises:
        Refused: It has none.
    """
    if reminder is not None:
        return _reminder_in(account, ledger, change_id, reminder)
    runs = runs_of(ledger, change_id)
    fitting = [run for run in runs if revision in (None, run.revision)]
    if not fitting:
        known = ", ".join(str(run.revision) for run in runs) or "none"
        what = f"{change_id!r}" if revision is None else f"{change_id!r} revision {revision}"
        raise Refused(
            f"the ledger of {account.customer.code} has no run of {what} (revisions there: "
            f"{known}); see `changecast status {change_id}`"
        )
    return next((run for run in reversed(fitting) if not run.discarded), fitting[-1])


def _reminder_in(account: CustomerAccount, ledger: Ledger, change_id: str, said: str) -> Run:
    """Return the run of a reminder, for the window of the last one sent."""
    try:
        offsets = {float(seconds) for seconds in seconds_before(said)}
    except ContractError as error:
        raise Refused(
            f"--reminder {said!r} is not valid: write it like 24h, 30min or 2d"
        ) from error
    planned = reminders_of(ledger, change_id)
    fitting = [run for run in planned if run.reminds in offsets]
    if not fitting:
        known = ", ".join(dict.fromkeys(words_of(run.reminds) for run in planned)) or "none"
        raise Refused(
            f"the ledger of {account.customer.code} has no reminder {said!r} of {change_id!r} "
            f"(reminders there: {known}); see `changecast status {change_id}`"
        )
    return fitting[-1]


def recipients_of(ledger: Ledger, run: Run) -> Iterator[Recipient]:
    """Yield every recipient of the run, batch by batch, and its chats and webhooks last."""
    for batch in all_batches(ledger, run):
        yield from batch.recipients


def plain(recipient: Recipient, *, show_addresses: bool) -> dict[str, Any]:
    """Return a recipient as `--json` prints it."""
    since = datetime.fromtimestamp(recipient.since, UTC) if recipient.since else None
    return {
        "key": recipient.key,
        "address": recipient.address if show_addresses else masked(recipient.address),
        "channel": recipient.channel.value or "email",
        "state": recipient.state.value,
        "attempt": recipient.attempt,
        "since": utc(since) if since else None,
        "message_id": recipient.message_id or None,
        "code": recipient.code or None,
    }


def masked(address: str) -> str:
    """Return an address as its first letter and domain: enough to recognize, too little to use.

    The name of a chat or a webhook is nobody's address.
    """
    if address and "@" not in address:
        return address
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
