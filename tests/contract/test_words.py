"""Words that we stopped using, in every file: docs, messages, help, docstrings, names.

CONTRIBUTING.md says how we write instead.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from testbed.expand import ROOT

INSTEAD = {
    r"\bcomes? back:": "Returns",
    r"\bmend(s|ed|ing)?\b": "fix, repair",
    r"\bwhoever\b": "the person who, everyone who",
    r"\bso many\.": "what is counted",
    r"\bthe patient\b": "the account under check",
    r"\blikeness\b": "similarity",
    r"\bit is they that\b": "they",
}
FOLDERS = (
    "functions", "hub", "changecast_cli", "changecast_local", "testbed", "tests", "benchmarks",
    "docs", "events", "schemas",
)  # fmt: skip
SUFFIXES = {".py", ".md", ".toml", ".yaml", ".json", ".j2", ".mjs", ".css"}
# What is written by somebody else, or lists the words themselves.
EXCUSED = {"tests/contract/test_words.py", "CHANGELOG.md"}


def files() -> Iterator[Path]:
    for top in FOLDERS:
        found = (ROOT / top).rglob("*")
        yield from (
            p for p in sorted(found) if p.suffix in SUFFIXES and "node_modules" not in p.parts
        )
    yield from (each for each in sorted(ROOT.glob("*")) if each.suffix in SUFFIXES)
    yield ROOT / "Makefile"


@cache
def texts() -> Mapping[str, str]:
    read = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in files()}
    return {path: text for path, text in read.items() if path not in EXCUSED}


@pytest.mark.parametrize("pattern", INSTEAD)
def test_nobody_writes_a_word_that_we_stopped_using(pattern: str) -> None:
    word = re.compile(pattern, re.IGNORECASE)
    found = [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for path, text in texts().items()
        for match in word.finditer(text)
    ]
    assert found == [], f"write: {INSTEAD[pattern]}"


# Names that say nothing about what they name.
VAGUE = {
    "A_TIME", "How", "News", "Wanted", "Round", "fly", "hurry", "how", "inert", "likeness", "mend",
    "news", "patient", "so", "so_many", "stands", "step_aside", "take_up", "told_of", "wanted",
}  # fmt: skip
PRODUCT = ("functions", "changecast_cli", "changecast_local", "benchmarks")


def names(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case ast.ClassDef(name=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name


def test_a_name_says_what_it_names() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PRODUCT
        for line, name in names(path)
        if name.lstrip("_") in VAGUE
    ]
    assert found == []
