"""Files of people: a table with a header line, or lines pasted from anywhere. Pure.

Everything in a file is used, named or refused: never guessed, never dropped.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from changecast_cli.contacts import words
from changecast_cli.contacts.addresses import mailbox_of
from changecast_cli.contacts.own_settings import LABELS, OWN, Settings, settings
from changecast_cli.contacts.pasted import addresses_in
from changecast_cli.contacts.records import Choice
from changecast_cli.contacts.table import Columns, Row, Table, read_table, row_fault
from changecast_cli.contacts.words import Effect
from changecast_cli.failures import Refused

_SPLIT = re.compile(r"[\s,;|]+")
_EXPORTED = re.compile(r"(?:yes|no) \(default\)|no \(chose yes\)")
_MARKUP = re.compile(r"\s*<(?:!doctype|\?xml|html|head|body|table|div)\b", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|\d{9,}")


@dataclass(frozen=True)
class ListedPerson:
    """A person in a file, with their choices there; other topics have their defaults.

    `settings` are the language and time zone of their mails, where the file has them.
    """

    line: int
    address: str
    choices: Mapping[str, Choice] = field(default_factory=dict)
    unsubscribed: bool = False
    note: str = ""
    settings: Settings = field(default_factory=dict)


@dataclass(frozen=True)
class RefusedLine:
    """A line, or a part of it, that adds nobody, with its number and the reason.

    `harmless` says that nothing is lost, for example with a repeated person.
    """

    line: int
    text: str
    reason: str
    harmless: bool = False


@dataclass(frozen=True)
class People:
    """Content of a file: people, lines that add nobody, and columns that are not read.

    `origins` are the customers that an export says its people are from.
    """

    requested: list[ListedPerson]
    refused: list[RefusedLine]
    lines: int = 0
    unused: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


class _LineFault(Exception):
    """The choices in a line cannot be used."""


def read_people(
    text: str, defaults: Mapping[str, Choice], topics: Sequence[str] | None = None
) -> People:
    """Read every person in the text, each once, and every refused line.

    Args:
        text: The whole file.
        defaults: The list's topics with their defaults.
        topics: For people without a choice in the file.

    Raises:
        Refused: the file as a whole cannot be trusted.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise Refused(
            "the file is not text, or is UTF-16 without a byte order mark. If it is UTF-16, add "
            "--encoding utf-16-le"
        )
    if _is_json(text) or _MARKUP.match(text):
        raise Refused(
            "the file is JSON or HTML, not a list of people: save it as CSV, or paste addresses "
            "into a text file, one on each line"
        )
    table = read_table(text, list(defaults))
    given: dict[str, Choice] = dict.fromkeys(topics or (), "OPT_IN")
    entries = list(_of_table(table, defaults) if table else _of_lines(text))
    people = once([_with(one, given) if isinstance(one, ListedPerson) else one for one in entries])
    lines = len({one.line for one in entries})
    if table is None:
        return replace(people, lines=lines)
    return replace(people, lines=lines, unused=tuple(table.unused), origins=table.origins)


def _is_json(text: str) -> bool:
    """Return whether the text is a JSON document, or has one on each line."""
    start = text.lstrip("\ufeff \t\n")
    for part in (start, start.partition("\n")[0]):
        try:
            if isinstance(json.loads(part), dict | list):
                return True
        except ValueError:
            continue
    return False


def once(entries: Iterable[ListedPerson | RefusedLine]) -> People:
    """Join several lines about one person; an opt-out in any of them wins."""
    requested: dict[str, ListedPerson] = {}
    refused: list[RefusedLine] = []
    for one in entries:
        if isinstance(one, RefusedLine):
            refused.append(one)
            continue
        key = mailbox_of(one.address)
        first = requested.setdefault(key, one)
        if first is not one:
            requested[key] = _joined(first, one)
            refused.append(RefusedLine(one.line, one.address, _again(first, one), harmless=True))
    return People(list(requested.values()), refused)


def numbered(lines: Iterable[RefusedLine]) -> list[str]:
    """Return one sentence for each line."""
    return [f"line {one.line}: {one.reason} ({one.text})" for one in lines]


def _joined(first: ListedPerson, again: ListedPerson) -> ListedPerson:
    choices = {**first.choices, **again.choices}
    for one in (first, again):
        choices |= {topic: choice for topic, choice in one.choices.items() if choice == "OPT_OUT"}
    return replace(
        first,
        choices=choices,
        unsubscribed=first.unsubscribed or again.unsubscribed,
        settings={**again.settings, **first.settings},
    )


def _again(first: ListedPerson, again: ListedPerson) -> str:
    says = f"the same person as line {first.line}, counted once"
    differ = [topic for topic, choice in again.choices.items()
              if first.choices.get(topic, choice) != choice]  # fmt: skip
    says += "".join(
        f"; {LABELS[name]} {first.settings[name] or OWN} is used, not {value or OWN}"
        for name, value in again.settings.items()
        if first.settings.get(name, value) != value
    )
    if first.unsubscribed != again.unsubscribed:
        return f"{says}; unsubscribed, because one of these lines says so"
    return (
        f"{says}; opted out of {', '.join(differ)}, because one of these lines says so"
        if differ
        else says
    )


def _with(one: ListedPerson, given: Mapping[str, Choice]) -> ListedPerson:
    is_silent = not one.choices and not one.unsubscribed
    return replace(one, choices=given) if is_silent else one


def _of_lines(text: str) -> Iterator[ListedPerson | RefusedLine]:
    for number, line in enumerate(text.split("\n"), 1):
        said = line.strip()
        if not said or (said.startswith("#") and "@" not in said):
            continue
        yield from _of_text(number, said, ListedPerson(number, ""))


def _of_text(line: int, text: str, who: ListedPerson) -> Iterator[ListedPerson | RefusedLine]:
    """Yield the people in a line or a cell, each with the choices of `who`."""
    if text.startswith("#"):
        yield RefusedLine(line, text[:80], "is a comment", harmless=True)
        return
    for address in addresses_in(text):
        if address.fault:
            yield RefusedLine(line, address.text[:80], address.fault)
        else:
            yield replace(who, address=address.text, note=address.note)


def _of_table(table: Table, defaults: Mapping[str, Choice]) -> Iterator[ListedPerson | RefusedLine]:
    for row in table.rows:
        yield from of_row(row, table.columns, defaults)


def of_row(
    row: Row, columns: Columns, defaults: Mapping[str, Choice], given: Mapping[str, Choice] = {}
) -> Iterator[ListedPerson | RefusedLine]:
    """Return every person in a row; `given` are choices from elsewhere."""
    cells = [_cell(row, at) for at in columns.address]
    first = next(filter(None, cells), "")
    fault = row_fault(row, columns) or ("" if first else "has no address")
    if first.startswith("#") or row.cells[0].startswith("#"):
        yield RefusedLine(row.line, _shown(row), "is a comment", harmless=True)
        return
    if fault:
        yield RefusedLine(row.line, _shown(row), fault)
        return
    try:
        who = _who(row, columns, defaults)
    except _LineFault as error:
        yield RefusedLine(row.line, first, str(error))
        return
    who = replace(who, choices={**given, **who.choices})
    first, *more = [*first.split(":::"), *(cell for cell in cells if cell and cell != first)]
    yield from _of_text(row.line, first, who)
    yield from (
        RefusedLine(row.line, cell.strip(), f"is a second address of {first.strip()}, and not "
                    "added. To add it, give it a line of its own", harmless=True)
        for cell in more
    )  # fmt: skip


def _who(row: Row, columns: Columns, defaults: Mapping[str, Choice]) -> ListedPerson:
    """Return the choices in a row."""
    effects = [_effect(row, columns.names[at], _cell(row, at)) for at in columns.status]
    _leave_out(row, columns)
    if Effect.LEFT_OUT in effects:
        at = columns.status[effects.index(Effect.LEFT_OUT)]
        raise _LineFault(f"is left out: its status is {_cell(row, at)!r}")
    is_out = Effect.UNSUBSCRIBED in effects or any(
        _unsubscribed(columns.names[at], _cell(row, at)) for at in columns.unsubscribed
    )
    is_out = is_out or not all(
        _consents(columns.names[at], _cell(row, at)) for at in columns.subscribed
    )
    named = _named(row, columns, defaults)
    marked = dict(_marked(row, columns, defaults, is_out=is_out))
    against = [topic for topic in named if marked.get(topic) == "OPT_OUT"]
    if against:
        raise _LineFault(f"names {', '.join(against)} in one column and says no in another")
    own = _settings(row, columns)
    return ListedPerson(row.line, "", {**named, **marked}, is_out, settings=own)


def _settings(row: Row, columns: Columns) -> Settings:
    """Return the language and time zone in a row."""
    cells = [
        next(filter(None, (_cell(row, at) for at in own)), "")
        for own in (columns.language, columns.timezone)
    ]
    try:
        return settings(*cells)
    except Refused as error:
        raise _LineFault(
            f"{error}. To use the customer's own setting, write `{OWN}` or leave the cell empty"
        ) from error


def _effect(row: Row, column: str, status: str) -> Effect:
    if not status:
        raise _LineFault(
            f"has nothing in column {column!r}, so it is unclear whether to mail this address"
        )
    effect = words.STATUSES.get(words.plain(status))
    if effect is None:
        raise Refused(
            f"line {row.line}: {status!r} in column {column!r} is not a known status "
            f"({words.STATUS_EXAMPLES}). Write one of these instead, or remove the column if it "
            f"has nothing to do with mails. Nothing was added"
        )
    return effect


def _leave_out(row: Row, columns: Columns) -> None:
    for at in columns.bounced:
        if _unsubscribed(columns.names[at], _cell(row, at)):
            raise _LineFault(f"is left out: {columns.names[at]} is {_cell(row, at)!r}")
    for at in columns.confirmed:
        if not _cell(row, at) or not _consents(columns.names[at], _cell(row, at)):
            raise _LineFault(f"is left out: {columns.names[at]} is {_cell(row, at)!r}")


def _unsubscribed(column: str, cell: str) -> bool:
    """Return whether a column about unsubscribing says that the person did: yes, when or why."""
    folded = words.plain(cell)
    if folded in words.EMPTY or folded in words.NO - {"unsubscribed"}:
        return False
    is_reason = any(word in words.plain(column) for word in ("reason", "campaign", "time"))
    if folded in words.YES or folded in words.STATUSES or is_reason or _DATE.fullmatch(cell):
        return True
    raise _LineFault(f"{cell!r} in column {column!r} is not yes, no or a date")


def _consents(column: str, cell: str) -> bool:
    """Return whether a column about subscribing allows it; an empty cell does."""
    folded = words.plain(cell)
    if folded in words.NO or words.STATUSES.get(folded, Effect.SUBSCRIBED) is not Effect.SUBSCRIBED:
        return False
    if not cell or folded in words.YES or folded in words.STATUSES or _DATE.fullmatch(cell):
        return True
    raise _LineFault(f"{cell!r} in column {column!r} is not yes or no")


def _named(row: Row, columns: Columns, defaults: Mapping[str, Choice]) -> dict[str, Choice]:
    """Return the topics that a column `topics` names."""
    by_name = {topic.casefold(): topic for topic in defaults}
    named = [name for at in columns.topics for name in _SPLIT.split(_cell(row, at)) if name]
    unknown = [name for name in named if name.casefold() not in by_name]
    if unknown:
        raise _LineFault(
            f"the list has no topic {', '.join(unknown)} (it has {', '.join(defaults)})"
        )
    return {by_name[name.casefold()]: "OPT_IN" for name in named}


def _marked(
    row: Row, columns: Columns, defaults: Mapping[str, Choice], *, is_out: bool
) -> Iterator[tuple[str, Choice]]:
    """Return the choices in topic columns: yes, no, or empty for the default."""
    for topic, at in columns.topic.items():
        cell = _cell(row, at)
        folded = words.plain(cell)
        if _EXPORTED.fullmatch(cell.casefold()):
            yield from _exported(topic, cell.casefold(), defaults[topic], is_out=is_out)
        elif folded in words.YES:
            yield topic, "OPT_IN"
        elif folded in words.NO or cell in ("-", "–", "✗", "✘"):
            yield topic, "OPT_OUT"
        elif folded not in words.EMPTY or (cell and not folded):
            raise _LineFault(f"{cell!r} in column {columns.names[at]!r} is not yes or no")


def _exported(
    topic: str, said: str, default: Choice, *, is_out: bool
) -> Iterator[tuple[str, Choice]]:
    """Return the choice in an export for people who never chose, or later left everything."""
    hears: Choice = "OPT_IN" if said.startswith("yes") else "OPT_OUT"
    if said.endswith("(chose yes)"):
        yield topic, "OPT_IN" if is_out else "OPT_OUT"
    elif not is_out and hears != default:
        yield topic, hears


def _shown(row: Row) -> str:
    return ", ".join(cell for cell in row.cells if cell)[:80]


def _cell(row: Row, at: int) -> str:
    return row.cells[at] if at < len(row.cells) else ""
