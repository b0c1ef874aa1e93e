"""Every file of ours that the documentation names exists."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePath

import pytest

from testbed.expand import ROOT

TOPS = ("functions", "changecast_cli", "changecast_local", "testbed", "tests", "benchmarks")
# `compose/mime.py`, `changecast/status_*.py`: the end of a path; a pattern names all it matches.
_FILE = re.compile(r"`([\w./*-]+\.py)`")
_FOLDER = re.compile(r"`((?:functions/)?changecast(?:_cli|_local)?/[\w/]*)/`")
# `changecast.hub.registry`: a module as running text writes it.
_MODULE = re.compile(r"`(changecast(?:_cli|_local)?(?:\.[a-z_]+)+)`")


def named() -> Iterator[tuple[str, str]]:
    for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text("utf-8")
        modules = [f"{found.replace('.', '/')}.py" for found in _MODULE.findall(text)]
        for found in (*_FILE.findall(text), *_FOLDER.findall(text), *modules):
            yield path.name, found


@cache
def ours() -> frozenset[PurePath]:
    """Every module of ours, and every folder of a package."""
    files = {each.relative_to(ROOT) for top in TOPS for each in (ROOT / top).rglob("*")}
    return frozenset(each for each in files if each.suffix in {".py", ""})


def exists(named: str) -> bool:
    return any(path.match(named) for path in ours())


def test_a_file_that_does_not_exist_is_found() -> None:
    assert exists("changecast/hub/registry.py")
    assert exists("changecast/customer/ledger")
    assert not exists("changecast/hub/no_such_file.py")
    assert not exists("changecast/status_*.py")


@pytest.mark.parametrize(("document", "name"), sorted(set(named())))
def test_a_file_that_a_document_names_exists(document: str, name: str) -> None:
    assert exists(name), f"{document} names {name}, which does not exist"
