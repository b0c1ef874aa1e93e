"""Runs as a table that people like to read: states in words and colour."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from changecast_cli.watching.runs import Run, failed_of

_GOOD, _GOING, _ODD, _BAD = "green", "cyan", "yellow", "bold red"
_LOOKS = {
    "announced": ("○", _ODD),
    "planned": ("○", _GOING),
    "sending": ("◐", _GOING),
    "sent": ("✓", _GOOD),
    "nothing_to_send": ("–", _ODD),
    "superseded": ("–", "dim"),
    "partial": ("!", _BAD),
    "failed": ("✗", _BAD),
    "held": ("!", _BAD),
    "paused": ("!", _BAD),
    "rejected": ("✗", _BAD),
    "no_route": ("✗", _BAD),
    "refused_by_bus": ("✗", _BAD),
    "forwarded_no_report": ("✗", _BAD),
    "unknown_customer": ("✗", _BAD),
    "stalled": ("!", _BAD),
}
_NUMBERS = ("SENT", "DELIVERED", "FAILED")


def runs_table(runs: Iterable[Run], now: datetime | None = None) -> RenderableType:
    """A heading per change, under it a row per customer; no id is ever folded or cut."""
    at, every = now or datetime.now(UTC), list(runs)
    customers = [pair for run in every for pair in run["customers"].items()]
    widest = (
        max((len(code) for code, _ in customers), default=0) + 2,
        max((state_of(customer).cell_len for _, customer in customers), default=0),
    )
    parts: list[RenderableType] = []
    for run in every:
        parts += [_heading(run, at), _rows(run, widest, header=not parts)]
    return Group(*parts)


def _heading(run: Run, now: datetime) -> Text:
    heading = Text(run["change_id"], style="bold", overflow="fold")
    announced = [one["announced_at"] for one in run["customers"].values() if one["announced_at"]]
    ago = f"  {age(max(announced), now)} ago" if announced else ""
    heading.append(f"  rev {run['revision']}{ago}", style="not bold dim")
    if run.get("title"):
        heading.append(f"  {run['title']}", style="not bold")
    return heading


def _rows(run: Run, widest: tuple[int, int], *, header: bool) -> Table:
    table = Table(
        box=None, pad_edge=False, show_edge=False, header_style="bold dim", show_header=header
    )
    for name, width in zip(("  CUSTOMER", "STATE"), widest, strict=True):
        table.add_column(name, no_wrap=True, min_width=max(width, len(name)))
    for name in _NUMBERS:
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    table.add_column("WHY", overflow="fold", ratio=1)
    for code, customer in run["customers"].items():
        table.add_row(*_cells(run, code, customer))
    return table


def _cells(run: Run, code: str, customer: dict[str, Any]) -> list[Text]:
    counts, failed = customer["counts"], failed_of(customer)
    return [
        Text(f"  {code}"),
        state_of(customer),
        Text(f"{counts['sent']}/{counts['planned']}"),
        Text(str(counts["delivered"])),
        Text(str(failed), style=_BAD if failed else ""),
        Text(_why(run, customer)),
    ]


def state_of(customer: dict[str, Any]) -> Text:
    """The state as a sign and a word: never by colour alone."""
    sign, style = _LOOKS.get(customer["state"], ("?", ""))
    return Text(f"{sign} {customer['state'].replace('_', ' ')}", style=style)


def age(since: str | None, now: datetime) -> str:
    """How long ago, in one unit."""
    if not since:
        return ""
    seconds = max(0, int((now - datetime.fromisoformat(since)).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _why(run: Run, customer: dict[str, Any]) -> str:
    said = [
        "withdrawn" if customer["withdrawn"] else "",
        f"still at revision {customer['revision']}" if customer["revision"] != run["revision"]
        else "",
        (customer["reason"] or {}).get("message", ""),
        (customer["rejection"] or {}).get("message", ""),
    ]  # fmt: skip
    return "; ".join(part for part in said if part)
