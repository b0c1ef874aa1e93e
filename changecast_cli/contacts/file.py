"""Files of people: CSV with a header line, or lines pasted from anywhere. Pure."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from changecast.recipients import normalise
from changecast_cli.customers.input import address_faults
from changecast_cli.text_files import delimiter_of

ADDRESS_COLUMNS = frozenset(
    {"email", "e-mail", "mail", "emailaddress", "email address", "address", "primaryemail",
     "primary email", "work email", "recipient"}
)  # fmt: skip
YES = frozenset({"yes", "y", "x", "1", "true", "opt_in", "ja", "si", "sí", "oui"})
# email.utils.getaddresses reads the same line differently from one patch of Python to the next.
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_SPLIT = re.compile(r"[\s,;|]+")


@dataclass(frozen=True)
class Wanted:
    """Somebody whom a file names; `topics` None leaves it to the topics' defaults."""

    line: int
    address: str
    topics: tuple[str, ...] | None


@dataclass(frozen=True)
class RefusedLine:
    """A line, or a part of it, that adds nobody: with its number and the reason.

    `harmless`: somebody a second time.
    """

    line: int
    text: str
    reason: str
    harmless: bool = False


def read_people(
    text: str, known: Sequence[str], topics: Sequence[str] | None
) -> tuple[list[Wanted], list[RefusedLine]]:
    """Everybody whom the text names, each once, and what was refused.

    `known` are the list's topics, `topics` those for people of whom the file names none.
    """
    wanted: dict[str, Wanted] = {}
    refused: list[RefusedLine] = []
    for one in _entries(text, known, tuple(topics) if topics is not None else None):
        faults = [] if isinstance(one, RefusedLine) else list(_faults(one, known))
        if isinstance(one, RefusedLine):
            refused.append(one)
        elif faults:
            refused.append(RefusedLine(one.line, one.address, "; ".join(faults)))
        elif (key := normalise(one.address)) in wanted:
            first = wanted[key]
            wanted[key] = Wanted(first.line, first.address, _both(first.topics, one.topics))
            twice = f"the same as line {first.line}, counted once"
            refused.append(RefusedLine(one.line, one.address, twice, harmless=True))
        else:
            wanted[key] = one
    return list(wanted.values()), refused


def _entries(
    text: str, known: Sequence[str], topics: tuple[str, ...] | None
) -> Iterator[Wanted | RefusedLine]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = delimiter_of(text.lstrip())
    header = [cell.strip().lower() for cell in next(csv.reader([first], delimiter=delimiter), [])]
    if ADDRESS_COLUMNS & set(header):
        yield from _rows(text, delimiter, known, topics)
    else:
        yield from _lines(text, topics)


def _rows(
    text: str, delimiter: str, known: Sequence[str], topics: tuple[str, ...] | None
) -> Iterator[Wanted | RefusedLine]:
    reader = csv.reader(text.splitlines(), delimiter=delimiter)
    header: list[str] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = [cell.strip().lower() for cell in cells]
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        address = next((row[name] for name in header if name in ADDRESS_COLUMNS), "")
        if not address:
            said = delimiter.join(cells)[:80]
            yield RefusedLine(reader.line_num, said, "has no address")
        else:
            yield Wanted(reader.line_num, address, _topics_of(row, known, topics))


def _topics_of(
    row: dict[str, str], known: Sequence[str], topics: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """By a column `topics` that names them, or by a column for each topic with yes or no."""
    if row.get("topics"):
        return tuple(filter(None, _SPLIT.split(row["topics"].lower())))
    columns = [topic for topic in known if topic.lower() in row]
    if columns:
        return tuple(topic for topic in columns if row[topic.lower()].lower() in YES)
    return topics


def _lines(text: str, topics: tuple[str, ...] | None) -> Iterator[Wanted | RefusedLine]:
    for number, line in enumerate(text.splitlines(), 1):
        said = line.strip()
        if not said or said.startswith("#"):
            continue
        people = _IN_BRACKETS.findall(said) or [word for word in _SPLIT.split(said) if "@" in word]
        if not people:
            yield RefusedLine(number, said[:80], "has no address")
        yield from (Wanted(number, address, topics) for address in people)


def _faults(one: Wanted, known: Sequence[str]) -> Iterator[str]:
    yield from address_faults(one.address)
    unknown = [topic for topic in one.topics or () if topic not in known]
    if unknown:
        yield f"the list has no topic {', '.join(unknown)} (it has {', '.join(known)})"


def _both(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if one is None or other is None:
        return one if other is None else other
    return tuple(dict.fromkeys([*one, *other]))


def numbered(lines: Iterable[RefusedLine]) -> list[str]:
    """One sentence each."""
    return [f"line {one.line}: {one.reason} ({one.text})" for one in lines]
