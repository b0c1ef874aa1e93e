"""The impact of a change on its readers: the stated level, or unambiguous words. Pure.

The words are in the table `impact` of the language files, and each language is tried separately. A
text counts as "no impact" only if every word is recognized and every clause denies an impact.
Anything else is DEGRADED, which neither alarms nor reassures.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from changecast.contract.change import Change, ImpactLevel
from changecast.customer.compose.words import languages, tables

# Classes of words, one letter each, so that a clause can be matched as a string of letters.
_CLASSES = {
    "nothing": "0", "no": "Z", "not": "N", "impact": "I", "expected": "E", "affected": "P",
    "for": "R", "of": "O", "or": "C", "and": "A",
}  # fmt: skip
_LABEL_SIGN, _UNKNOWN = ":", "?"
_TOKEN = re.compile(r"n/a|\w+'?|[:/]|(?<=\s)[-–—](?=\s)|[.,;!?()\n]")
_CLAUSE_END = re.compile(r"[.,;!()\n]")
_LONGEST_PHRASE = 5
_LONGEST_TEXT = 200  # a text that denies any impact is short
_TAIL = "[PERIO]*"
_DENIES = re.compile(
    # "no impact", "Impact: no downtime expected for customers", "no impact or downtime"
    f"(?:[PE]*IP*:)?[PE]*[NZ][PE]*I{_TAIL}(?:C[NZ]?[PE]*I{_TAIL}|A[NZ][PE]*I{_TAIL})*"
    # "none", "customer impact: none expected", "keine"
    "|(?:E*|[PE]*I[PIE]*:?)(?:0[PER]*|ZE*)"
    # "an interruption of the service is not expected"
    "|[PER]*I(?:O[PR]*P)?E*NE+"
)


class Basis(StrEnum):
    """Source of an impact level."""

    STATED = "stated"
    SURE_WORDS = "sure_words"
    UNCLEAR_WORDS = "unclear_words"
    UNSTATED = "unstated"


class ImpactReading(NamedTuple):
    """A change's impact level and its source."""

    level: ImpactLevel
    basis: Basis

    @property
    def is_sure(self) -> bool:
        """Whether mails may state the level; otherwise they show the words, or "not stated"."""
        return self.basis in {Basis.STATED, Basis.SURE_WORDS}


def read_impact(change: Change) -> ImpactReading:
    """Return a change's impact level, and whether it is stated, certain or unknown."""
    if change.impact_level is not None:
        return ImpactReading(change.impact_level, Basis.STATED)
    return _read_words(change.customer_impact)


def _read_words(text: str) -> ImpactReading:
    said = _folded(text)
    if not any(sign.isalnum() for sign in said):
        return ImpactReading(ImpactLevel.DEGRADED, Basis.UNSTATED)
    if named := _level_named(said):
        return ImpactReading(named, Basis.SURE_WORDS)
    if len(said) <= _LONGEST_TEXT and any(_denies(said, language) for language in languages()):
        return ImpactReading(ImpactLevel.NONE, Basis.SURE_WORDS)
    return ImpactReading(ImpactLevel.DEGRADED, Basis.UNCLEAR_WORDS)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").strip()


def _level_named(said: str) -> ImpactLevel | None:
    """Return the level if a text consists of nothing else, such as "Outage"."""
    name = re.sub(r"[\s_-]+", "_", said.strip(" .!"))
    return ImpactLevel(name) if name in set(ImpactLevel) else None


def _denies(said: str, language: str) -> bool:
    """Return whether every clause denies, in this language, any impact on readers."""
    if "?" in said:
        return False
    clauses = [clause for clause in _CLAUSE_END.split(said) if any(map(str.isalnum, clause))]
    letters = _letters(language)
    return all(_DENIES.fullmatch("".join(_classes(clause, letters))) for clause in clauses)


def _classes(clause: str, letters: Mapping[tuple[str, ...], str]) -> Iterator[str]:
    """Yield the letter of each phrase of a clause, the longest phrase first."""
    tokens = _TOKEN.findall(clause)
    while tokens:
        for length in range(min(_LONGEST_PHRASE, len(tokens)), 0, -1):
            if letter := letters.get(tuple(tokens[:length])):
                break
        yield letter or _UNKNOWN
        del tokens[:length]


@cache
def _letters(language: str) -> Mapping[tuple[str, ...], str]:
    """Return the letter of every phrase that a language file lists."""
    found: dict[tuple[str, ...], str] = {(sign,): _LABEL_SIGN for sign in ":-–—"}
    found["/",] = _CLASSES["or"]
    for name, phrases in tables(language).get("impact", {}).items():
        for phrase in phrases.split(";"):
            if name in _CLASSES and (tokens := tuple(_TOKEN.findall(_folded(phrase)))):
                found[tokens] = _CLASSES[name]
    return found
