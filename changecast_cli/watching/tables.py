"""Runs as a table that people like to read: states in words and colour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, ConsoleOptions, JustifyMethod, RenderableType, RenderResult
from rich.padding import Padding
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
_HEADER = [Text(name, style="bold dim") for name in
           ("  CUSTOMER", "STATE", "SENT", "DELIVERED", "FAILED", "WHY")]  # fmt: skip
# Each kind of screen shows so many columns; a reason wants half a sentence on a line.
_ALL, _ALL_BUT_WHY, _WHO_AND_STATE = 6, 5, 2
_WHY_WIDTH, _GAP, _INDENT = 40, 2, 6


def runs_table(runs: Iterable[Run], now: datetime | None = None) -> RenderableType:
    """A heading per change, under it a row per customer; no id is ever folded or cut.

    What has no room beside the others stands under its row, in words.
    """
    return _Runs([*runs], now or datetime.now(UTC))


@dataclass(frozen=True)
class _Runs:
    """Runs, laid out for the screen that they meet."""

    runs: Sequence[Run]
    now: datetime

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        every = [_cells(run, *pair) for run in self.runs for pair in run["customers"].items()]
        widths = [
            max(cell.cell_len for cell in column) for column in zip(_HEADER, *every, strict=True)
        ]
        columns = _columns(widths, options.max_width)
        for number, run in enumerate(self.runs):
            yield _heading(run, self.now, options.max_width)
            if number == 0 and columns > _WHO_AND_STATE:
                yield _row(_HEADER, widths, columns)
            for code, customer in run["customers"].items():
                yield _row(_cells(run, code, customer), widths, columns)
                if under := _under(run, customer, columns):
                    yield Padding(Text(under, overflow="fold"), (0, 0, 0, _INDENT))


def _columns(widths: Sequence[int], screen: int) -> int:
    """How many columns have room."""
    fixed = sum(widths[:_ALL_BUT_WHY]) + _GAP * _ALL_BUT_WHY
    if fixed + min(widths[-1], _WHY_WIDTH) <= screen:
        return _ALL
    return _ALL_BUT_WHY if fixed <= screen else _WHO_AND_STATE


def _heading(run: Run, now: datetime, screen: int) -> Text:
    heading = Text(run["change_id"], style="bold", overflow="fold")
    announced = [one["announced_at"] for one in run["customers"].values() if one["announced_at"]]
    ago = f"  {age(max(announced), now)} ago" if announced else ""
    heading.append(f"  rev {run['revision']}{ago}", style="not bold dim")
    if run.get("title"):
        has_room = heading.cell_len + 2 + Text(run["title"]).cell_len <= screen
        heading.append(f"{'' if has_room else chr(10)}  {run['title']}", style="not bold")
    return heading


def _row(cells: Sequence[Text], widths: Sequence[int], columns: int) -> Table:
    row = Table.grid(padding=(0, _GAP, 0, 0))
    if columns == _WHO_AND_STATE:
        row.add_column(no_wrap=True)
        row.add_column(overflow="fold")
    else:
        for number, width in enumerate(widths[:_ALL_BUT_WHY]):
            justify: JustifyMethod = "left" if number < _WHO_AND_STATE else "right"
            row.add_column(no_wrap=True, width=width, justify=justify)
        row.add_column(overflow="fold")
    row.add_row(*cells[:columns])
    return row


def _under(run: Run, customer: dict[str, Any], columns: int) -> str:
    """What a row has no room for: its reason, and on a narrow screen its numbers."""
    counts, failed, said = customer["counts"], failed_of(customer), []
    if columns == _WHO_AND_STATE and counts["planned"]:
        said.append(f"{counts['sent']}/{counts['planned']} sent, {counts['delivered']} delivered")
        said.append(f"{failed} failed" if failed else "")
    if columns < _ALL:
        said.append(_why(run, customer))
    return "; ".join(part for part in said if part)


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
