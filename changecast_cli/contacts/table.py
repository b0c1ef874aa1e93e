"""Tables of people: recognize the columns, and find the rows that can be trusted. Pure."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from changecast_cli.contacts import words
from changecast_cli.failures import Refused

DELIMITERS = ",;\t|"
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
# Columns of Outlook and others with yes or no about something other than mails.
_OF_NO_MATTER = frozenset({"private", "has attachments", "is favorite", "favorite", "vip", "admin"})


@dataclass(frozen=True)
class Row:
    """A row by column: its first line number, and its trimmed cells."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """The meaning of a table's columns, by position."""

    names: tuple[str, ...]
    address: tuple[int, ...]
    topic: Mapping[str, int]
    topics: tuple[int, ...] = ()
    status: tuple[int, ...] = ()
    unsubscribed: tuple[int, ...] = ()
    bounced: tuple[int, ...] = ()
    subscribed: tuple[int, ...] = ()
    confirmed: tuple[int, ...] = ()
    role: tuple[int, ...] = ()
    language: tuple[int, ...] = ()
    timezone: tuple[int, ...] = ()
    origin: tuple[int, ...] = ()

    @property
    def unused(self) -> list[int]:
        """The columns that are not read."""
        known = {*self.address, *self.topic.values(), *self.topics, *self.status, *self.role,
                 *self.unsubscribed, *self.bounced, *self.subscribed, *self.confirmed,
                 *self.language, *self.timezone, *self.origin}  # fmt: skip
        return [at for at, name in enumerate(self.names) if at not in known and name.strip()]


@dataclass(frozen=True)
class Table:
    """A file with a header line."""

    columns: Columns
    rows: tuple[Row, ...]

    @property
    def unused(self) -> list[str]:
        """Names of the columns that are not read."""
        return [self.columns.names[at].strip() for at in self.columns.unused]

    @property
    def origins(self) -> tuple[str, ...]:
        """The customers that the rows were exported from, each once."""
        cells = [row.cells[at] for row in self.rows for at in self.columns.origin
                 if at < len(row.cells)]  # fmt: skip
        return tuple(dict.fromkeys(filter(None, cells)))


def read_table(text: str, topics: Sequence[str], roles: Sequence[str] = ()) -> Table | None:
    """Read a file with a header line; None if it has none.

    Raises:
        Refused: No column is known to have addresses, or an unknown column might say who wants
            which mails.
    """
    start, delimiter = _separator(text)
    number, first = _first_line(text, start)
    if _ADDRESS.search(first) or not first:
        return None
    delimiter = delimiter or _delimiter(first, topics)
    names = _cells(first, delimiter)
    columns = columns_of(names, topics, roles)
    if not columns.address:
        if len(names) < 2:
            return None
        raise Refused(_unknown_header(number, names, topics))
    rows = tuple(_rows(text, delimiter, number))
    _refuse_unread_choices(columns, rows, topics)
    return Table(columns, rows)


def columns_of(names: Sequence[str], topics: Sequence[str], roles: Sequence[str] = ()) -> Columns:
    """Recognize columns by their names."""
    folded = [words.plain(name) for name in names]
    own = {words.plain(topic): topic for topic in topics}
    address = _at(folded, words.ADDRESS) or ()
    numbered = tuple(
        at for at, name in enumerate(folded)
        if words.NUMBERED_ADDRESS.fullmatch(name) and at not in address
    )  # fmt: skip
    return Columns(
        tuple(names),
        (*address, *numbered) or _at(folded, words.PERHAPS_ADDRESS)[:1],
        {own[name]: at for at, name in enumerate(folded) if name in own},
        topics=_at(folded, words.TOPICS),
        status=_at(folded, words.STATUS),
        unsubscribed=_at(folded, words.UNSUBSCRIBED - set(own)),
        bounced=_at(folded, words.BOUNCED - set(own)),
        subscribed=_at(folded, words.SUBSCRIBED - set(own)),
        confirmed=_at(folded, words.CONFIRMED - set(own)),
        role=_at(folded, frozenset(map(words.plain, roles))),
        language=_at(folded, words.LANGUAGE - set(own)),
        timezone=_at(folded, words.TIMEZONE - set(own)),
        origin=_at(folded, words.ORIGIN),
    )


def _at(names: Sequence[str], known: frozenset[str]) -> tuple[int, ...]:
    return tuple(at for at, name in enumerate(names) if name in known)


def _separator(text: str) -> tuple[int, str]:
    """Return how many lines a spreadsheet's `sep=;` takes, and its separator."""
    found = _SEP.fullmatch(text.partition("\n")[0].strip("\ufeff"))
    return (1, found[1]) if found else (0, "")


def _first_line(text: str, start: int) -> tuple[int, str]:
    """Return the number and text of the first line that is not empty."""
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.lstrip("\ufeff")
        if number > start and bare.strip(" \t,;|") and not bare.startswith("#"):
            return number, bare
    return 0, ""


def _delimiter(first: str, topics: Sequence[str]) -> str:
    """Return the delimiter that gives the most known columns, else the most frequent one."""

    def known(delimiter: str) -> tuple[int, int]:
        columns = columns_of(_cells(first, delimiter), topics)
        return len(columns.names) - len(columns.unused), first.count(delimiter)

    return max(DELIMITERS, key=known)


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])


def _rows(text: str, delimiter: str, header: int) -> Iterator[Row]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    line = 1
    try:
        for cells in reader:
            if line > header and any(cell.strip() for cell in cells):
                yield Row(line, tuple(cell.strip() for cell in cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise Refused(
            f"line {line}: a quotation mark is not closed, or text follows it "
            f"({error}). Correct it: otherwise nobody can tell where the next line "
            "begins"
        ) from error


def row_fault(row: Row, columns: Columns) -> str:
    """Return why a row cannot be trusted: cells without a column, or several lines in a cell."""
    extra = [cell for cell in row.cells[len(columns.names) :] if cell]
    if extra:
        return f"has {len(row.cells)} cells, but the first line names {len(columns.names)} columns"
    swallowed = [cell for cell in row.cells if "\n" in cell and _holds_a_row(cell, columns)]
    return (
        "a quotation mark is closed too late, so this row includes the lines after it"
        if swallowed
        else ""
    )


def _holds_a_row(cell: str, columns: Columns) -> bool:
    least = len(columns.names) - 1
    return any(
        _ADDRESS.search(line) and max(map(line.count, DELIMITERS)) >= least
        for line in cell.split("\n")[1:]
    )


def _unknown_header(number: int, names: Sequence[str], topics: Sequence[str]) -> str:
    return (
        f"line {number} has no address, so it must name the columns, and none of "
        f"{', '.join(repr(name.strip()) for name in names if name.strip())} is known to hold "
        "addresses. Name the column that holds them `email` (also understood: E-mail Address, "
        "E-mail 1 - Value, E-Mail-Adresse, Correo electrónico, Adresse e-mail, and these words "
        f"in other languages). Other columns that are read: {', '.join(topics)}, topics, "
        "unsubscribed_from_all, status, language, timezone. Nothing was added"
    )


def _refuse_unread_choices(columns: Columns, rows: Sequence[Row], topics: Sequence[str]) -> None:
    """Refuse unknown columns that might say who must not be mailed."""
    choices = [*topics, "topics", "status", "unsubscribed_from_all"]
    for at in columns.unused:
        name = columns.names[at].strip()
        folded = words.plain(name)
        near = get_close_matches(folded, [words.plain(each) for each in choices], 1, 0.8)
        if near or (folded not in _OF_NO_MATTER and _says_yes_or_no(rows, at)):
            why = f"resembles {near[0]!r}" if near else "contains yes or no"
            raise Refused(
                f"column {name!r} is not known, but it {why}, so it may say who wants no mails. "
                f"Rename it to what it means ({', '.join(choices)}), or remove it if it has "
                "nothing to do with mails. Nothing was added"
            )


def _says_yes_or_no(rows: Sequence[Row], at: int) -> bool:
    cells = {words.plain(row.cells[at]) for row in rows if at < len(row.cells)}
    told = cells - words.EMPTY
    # A single letter or digit may mean anything, unless both of a pair occur.
    is_clear = any(len(cell) > 1 for cell in told) or {"y", "n"} <= told
    return is_clear and told <= words.YES | words.NO
