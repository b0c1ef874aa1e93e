"""changecast freeze add, list, remove: a customer's own declarations, in its own account.

They are kept in the ledger. The account's reporter sends them to the hub, which refuses
announcements into them. `freeze list --hub` shows all freezes that the hub enforces.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import boto3
import typer
from pydantic import TypeAdapter, ValidationError
from rich.markup import escape

from changecast.contract.change import Window, utc
from changecast.contract.envelope import faults_of
from changecast.contract.fields import Title
from changecast.contract.freeze import MOST_FREEZES
from changecast.customer.hints import hint_freezes
from changecast.customer.ledger.freezes import (
    Freeze,
    Freezes,
    change_freezes,
    read_freezes,
    without_past,
)
from changecast.customer.ledger.table import Ledger, open_ledger
from changecast.hub.announcing.announce import STATUS_TABLE
from changecast.hub.tracking.freezes import CustomerFreezes, kept_freezes
from changecast_cli.announcing.freeze_times import span
from changecast_cli.contacts.account import (
    AccountProfile,
    AccountRegion,
    Code,
    same_account,
    session_for,
)
from changecast_cli.customers.account import STACK, parameters
from changecast_cli.customers.open_changes import open_changes
from changecast_cli.deploying.stacks import find_stack
from changecast_cli.failures import Failed, Refused
from changecast_cli.options import AsJson, session
from changecast_cli.terminal import out, print_json, print_rows

_NAME: TypeAdapter[str] = TypeAdapter(Title)


@dataclass(frozen=True)
class _Account:
    """The parts of a customer's account that freezes need.

    `where` are the words that lead a further command into the same account.
    """

    session: boto3.Session
    ledger: Ledger
    reports_queue: str
    zone: ZoneInfo
    where: str

    def report(self) -> None:
        """Ask the reporter to send new freezes to the hub."""
        queue = self.session.client("sqs")
        queue.send_message(QueueUrl=self.reports_queue, MessageBody=hint_freezes())


def add(
    name: Annotated[str, typer.Argument(help="The freeze's name, for example 'Year-end closing'.")],
    start: Annotated[
        str,
        typer.Option(
            "--from", help="The first day (2027-12-20), or when it starts (2027-12-20T18:00)."
        ),
    ],
    end: Annotated[
        str,
        typer.Option("--to", help="The last day (2028-01-06), or when it ends (2028-01-06T09:00)."),
    ],
    customer: Code = None,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Declare, in the customer's account, a period without changes.

    New announcements and moved windows in that period are refused, unless the provider gives a
    reason. At most 20 freezes can be open, each of at most 60 days. Days, and times without an
    offset, are in the customer's time zone.
    """
    account, now = _open(customer, profile, region), datetime.now(UTC)
    first, last = span(start, end, account.zone, now)
    by = account.session.client("sts").get_caller_identity()["Arn"]
    new = Freeze(str(uuid4()), _checked(name), utc(first), utc(last), utc(now), by)
    change_freezes(account.ledger, lambda found: _with(found, new, now, account.where))
    account.report()
    if as_json:
        print_json({"freeze": asdict(new)})
    else:
        out.print(
            f"Declared: {name}, {_local(first, account)} to {_local(last, account)} "
            f"({account.zone.key}). The hub learns of it within a minute. To "
            f"remove it: changecast freeze remove {new.freeze_id[:8]}{account.where}",
            markup=False,
        )


def remove(
    freeze: Annotated[str, typer.Argument(help="The freeze's ID, or the beginning of it.")],
    customer: Code = None,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Remove a freeze that this account declared."""
    account, now = _open(customer, profile, region), datetime.now(UTC)
    gone = _named(freeze, read_freezes(account.ledger), now)

    def removed(found: Freezes) -> Freezes:
        kept = (
            replace(one, removed=True, reported=False)
            if one.freeze_id == gone.freeze_id and not one.removed
            else one
            for one in found
        )
        return without_past(tuple(kept), now)

    change_freezes(account.ledger, removed)
    account.report()
    if as_json:
        print_json({"removed": asdict(gone)})
    else:
        out.print(f"Removed: {gone.name}. The hub learns of it within a minute.", markup=False)


def list_all(
    hub: Annotated[
        bool,
        typer.Option(
            "--hub",
            help="List every customer's freezes from the hub's account, with the open changes in "
            "each freeze; --customer then only filters.",
        ),
    ] = False,
    customer: Code = None,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """List the open freezes. Times are in UTC."""
    if hub:
        _list_kept(session(profile, region), customer, as_json=as_json)
        return
    account, now = _open(customer, profile, region), datetime.now(UTC)
    found = [one for one in read_freezes(account.ledger) if one.is_open(now) or not one.reported]
    if as_json:
        print_json({"freezes": [asdict(one) for one in found]})
        return
    lines = [(one.freeze_id[:8], one.name, one.start, one.end, _stand(one)) for one in found]
    _show(("ID", "NAME", "FROM (UTC)", "TO (UTC)", ""), lines)


def _open(code: str | None, profile: str | None, region: str | None) -> _Account:
    own = session_for(code, profile, region)
    stack = find_stack(own, STACK)
    if stack is None:
        raise Refused(
            "this account has no Changecast stack, and freezes are declared in the customer's "
            "account: add --customer CODE, or use a profile for that account (--profile). To "
            "list the freezes that the hub knows: changecast freeze list --hub"
        )
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
    if not {"LedgerTable", "ReportsQueue"} <= set(outputs):
        raise Failed("the account's stack is older than this command: deploy the stack again")
    zone = ZoneInfo(parameters(stack).get("Timezone") or "UTC")
    ledger = open_ledger(own, outputs["LedgerTable"])
    return _Account(own, ledger, outputs["ReportsQueue"], zone, same_account(code, profile))


def _local(instant: datetime, account: _Account) -> str:
    """Return an instant as the customer's clocks show it, for comparing it with what was typed."""
    return f"{instant.astimezone(account.zone):%Y-%m-%d %H:%M}"


def _checked(name: str) -> str:
    try:
        return _NAME.validate_python(name.strip())
    except ValidationError as error:
        ((_, message), *_) = faults_of(error)
        raise Refused(f"the freeze's name {message}") from error


def _with(found: Freezes, new: Freeze, now: datetime, where: str = "") -> Freezes:
    """Return the freezes with one more; Refused if the limit is reached."""
    kept = without_past(found, now)
    if sum(one.is_open(now) for one in kept) >= MOST_FREEZES:
        raise Refused(
            f"the limit of {MOST_FREEZES} freezes is reached: remove one first "
            f"(changecast freeze list{where}, changecast freeze remove ID{where})"
        )
    return (*kept, new)


def _named(words: str, found: Freezes, now: datetime) -> Freeze:
    able = [one for one in found if one.is_open(now)]
    same = [one for one in able if words and one.freeze_id.startswith(words.lower())]
    if len(same) != 1:
        problem = (
            "several freezes have an id that begins"
            if same
            else "no open freeze has an id that begins"
        )
        known = ", ".join(f"{one.freeze_id[:8]} ({one.name})" for one in able) or "none"
        raise Refused(f"{problem} with {words!r}; open freezes: {known}")
    return same[0]


def _stand(one: Freeze) -> str:
    if one.removed:
        return "removed; not reported to the provider yet"
    return "" if one.reported else "not reported to the provider yet"


def _list_kept(own: boto3.Session, code: str | None, *, as_json: bool) -> None:
    table = own.resource("dynamodb").Table(STATUS_TABLE)
    kept = {one: of for one, of in kept_freezes(table).items() if code in (None, one)}
    lines = [line for one, of in sorted(kept.items()) for line in _kept_lines(table, one, of)]
    if as_json:
        keys = ("customer", "name", "start", "end", "open_changes")
        print_json({"freezes": [dict(zip(keys, line, strict=True)) for line in lines]})
        return
    header = ("CUSTOMER", "NAME", "FROM (UTC)", "TO (UTC)", "OPEN CHANGES IN THE FREEZE")
    _show(header, [(*line[:4], ", ".join(line[4])) for line in lines])


def _kept_lines(table: Any, code: str, of: CustomerFreezes) -> Iterator[tuple[Any, ...]]:
    """Yield a line for each freeze that is not over, with the open changes in it."""
    now = utc(datetime.fromtimestamp(time.time(), UTC))
    times = [one for one in of.times if one.end > now]
    windows = [(each.change_id, each.window) for each in open_changes(table, code)] if times else []
    for one in times:
        frozen = Window.model_construct(
            start=datetime.fromisoformat(one.start), end=datetime.fromisoformat(one.end)
        )
        inside = [
            name
            for name, window in windows
            if window and window.start < frozen.end and window.end > frozen.start
        ]
        yield code, one.name, one.start, one.end, inside


def _show(header: Sequence[str], lines: Sequence[tuple[str, ...]]) -> None:
    """Print a line for each freeze, or several where a line is too short."""
    if not lines:
        out.print("No open freezes.")
        return
    print_rows(out, header, lines, lambda line: _below(header, line))


def _below(header: Sequence[str], line: Sequence[str]) -> Iterator[str]:
    """Yield one freeze on several lines: whose or which, its name, its time, and the rest."""
    which, name, start, end, rest = line
    yield f"[bold]{escape(which)}[/]  {escape(name)}"
    yield f"    {start} to {end}"
    if rest:
        label = f"{header[-1].lower()}: " if header[-1] else ""
        yield f"    {label}{escape(rest)}"
