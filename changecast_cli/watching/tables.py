"""Runs as a table: states in words and colours."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console, ConsoleOptions, JustifyMethod, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from changecast.hub.tracking.findings import in_words
from changecast_cli.watching.runs import (
    Run,
    answered,
    channels_told,
    failed_of,
    is_bad,
    is_settled,
    reminded,
)
from changecast_cli.watching.silence import is_silent, silent_since

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
# Columns by screen width; a reason needs half a sentence on a line.
_ALL, _ALL_BUT_WHY, _WHO_AND_STATE = 6, 5, 2
# Maximum number of customers of one change on a screen; more would take seconds to draw.
PAGE = 100
# How a change ended; its people were told, and its run looks like any other.
ENDED = frozenset({"cancelled", "completed"})
CLOCKS_DIFFER = timedelta(minutes=5)
_WHY_WIDTH, _GAP, _INDENT = 40, 2, 6


def runs_table(runs: Iterable[Run], now: datetime | None = None, page: int = 1) -> RenderableType:
    """Return a heading per change and a row per customer; ids are never folded or cut.

    Values without room in a row are under it, in words. A change with more than PAGE customers is
    shown by pages: first the customers that need a person, then those under way.
    """
    return _Runs([*runs], now or datetime.now(UTC), page)


@dataclass(frozen=True)
class _Runs:
    """Runs, laid out for the screen."""

    runs: Sequence[Run]
    now: datetime
    page: int

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        pages = [_page(run, self.page) for run in self.runs]
        every = [
            _cells(run, code, one, self.now)
            for run, page in zip(self.runs, pages, strict=True)
            for code, one in page
        ]
        widths = [
            max(cell.cell_len for cell in column) for column in zip(_HEADER, *every, strict=True)
        ]
        columns = _columns(widths, options.max_width)
        for number, run in enumerate(self.runs):
            yield _heading(run, self.now, options.max_width)
            if number == 0 and columns > _WHO_AND_STATE:
                yield _row(_HEADER, widths, columns)
            for code, customer in pages[number]:
                yield _row(_cells(run, code, customer, self.now), widths, columns)
                if under := _under(run, customer, columns, self.now):
                    yield _padded(Text(under, overflow="fold"), _INDENT)
            if left := _left(run, len(pages[number]), self.page):
                yield _padded(Text(left, style="dim"), 2)


def _padded(text: Text, indent: int) -> Padding:
    return Padding(text, (0, 0, 0, indent), expand=False)


def _page(run: Run, page: int) -> list[tuple[str, dict[str, Any]]]:
    """Return the customers of a page; all of them if they fit on one."""
    customers = [*run["customers"].items()]
    if len(customers) <= PAGE:
        return customers
    urgent = sorted(customers, key=lambda one: (not is_bad(one[1]), is_settled(one[1])))
    return urgent[PAGE * (page - 1) : PAGE * page]


def _left(run: Run, shown: int, page: int) -> str:
    """Return the number of pages and customers, and the states of all customers."""
    states = Counter(one["state"].replace("_", " ") for one in run["customers"].values())
    number = len(run["customers"])
    if shown == number:
        return ""
    counted = ", ".join(f"{count:,} {state}" for state, count in states.most_common())
    last = -(-number // PAGE)
    more = f" --page {page + 1} has the next." if page < last else ""
    if page > last:
        return f"there is no page {page}, the last one is {last}; {number:,} customers: {counted}."
    return f"page {page} of {last}; {number:,} customers: {counted}.{more}"


def _columns(widths: Sequence[int], screen: int) -> int:
    """Return how many columns have room."""
    fixed = sum(widths[:_ALL_BUT_WHY]) + _GAP * _ALL_BUT_WHY
    if fixed + min(widths[-1], _WHY_WIDTH) <= screen:
        return _ALL
    return _ALL_BUT_WHY if fixed <= screen else _WHO_AND_STATE


def _heading(run: Run, now: datetime, screen: int) -> Text:
    heading = Text(run["change_id"], style="bold", overflow="fold")
    announced = [one["announced_at"] for one in run["customers"].values() if one["announced_at"]]
    ago = f"  {_when(max(announced), now)}" if announced else ""
    heading.append(f"  rev {run['revision']}{ago}", style="not bold dim")
    if run.get("status") in ENDED:
        heading.append(f"  {run['status']}", style="not dim")
    if run.get("title"):
        has_room = heading.cell_len + 2 + Text(run["title"]).cell_len <= screen
        heading.append(f"{'' if has_room else chr(10)}  {run['title']}", style="not bold")
    return heading


def _when(announced: str, now: datetime) -> str:
    """Return how long ago it was announced; the clock of the announcing machine may be wrong."""
    if datetime.fromisoformat(announced) > now + CLOCKS_DIFFER:
        return f"announced at {announced[:16].replace('T', ' ')} UTC, which is in the future"
    return f"{age(announced, now)} ago"


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


def _under(run: Run, customer: dict[str, Any], columns: int, now: datetime) -> str:
    """Return the columns without room: the reason, and on a narrow screen the numbers."""
    counts, failed, said = customer["counts"], failed_of(customer), []
    if columns == _WHO_AND_STATE and counts["planned"]:
        said.append(f"{counts['sent']}/{counts['planned']} sent, {counts['delivered']} delivered")
        said.append(f"{failed} failed" if failed else "")
    if columns < _ALL:
        said.append(_why(run, customer, now))
    return "; ".join(part for part in said if part)


def _cells(run: Run, code: str, customer: dict[str, Any], now: datetime) -> list[Text]:
    counts, failed = customer["counts"], failed_of(customer)
    return [
        Text(f"  {code}"),
        state_of(customer),
        Text(f"{counts['sent']}/{counts['planned']}"),
        Text(str(counts["delivered"])),
        Text(str(failed), style=_BAD if failed else ""),
        Text(_why(run, customer, now)),
    ]


def state_of(customer: dict[str, Any]) -> Text:
    """Return the state as a symbol and a word, never by colour alone."""
    sign, style = _LOOKS.get(customer["state"], ("?", ""))
    return Text(f"{sign} {customer['state'].replace('_', ' ')}", style=style)


def age(since: str | None, now: datetime) -> str:
    """Return how long ago, in one unit."""
    if not since:
        return ""
    seconds = max(0, int((now - datetime.fromisoformat(since)).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _why(run: Run, customer: dict[str, Any], now: datetime) -> str:
    said = [
        _silence(customer, now),
        "withdrawn" if customer["withdrawn"] else "",
        f"still at revision {customer['revision']}" if customer["revision"] != run["revision"]
        else "",
        answered(customer),
        channels_told(customer),
        reminded(customer),
        in_words(customer["state"], customer["reason"]),
        (customer["rejection"] or {}).get("message", ""),
    ]  # fmt: skip
    return "; ".join(part for part in dict.fromkeys(said) if part)


def _silence(customer: dict[str, Any], now: datetime) -> str:
    """Return how long a customer has been silent, and when the hub raises an alert."""
    if not is_silent(customer, now):
        return ""
    judged = customer["judged_at"]
    when = f", alert due at {judged[11:16]} UTC" if judged else ""
    return f"no report for {age(silent_since(customer), now)}{when}"
