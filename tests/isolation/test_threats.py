"""Every threat of docs/security.md names tests that exist."""

import ast
import re
from pathlib import Path

import pytest

from testbed.expand import ROOT

DOCUMENT = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def _threats() -> list[str]:
    """Return the rows of the tables about threats; one table is about people's data."""
    tables = [part.splitlines() for part in DOCUMENT.split("\n\n")]
    at = [(table, line) for table in tables for line in table if line.startswith("| threat |")]
    return [row for table, header in at for row in table[table.index(header) + 2 :]]


@pytest.mark.parametrize("row", _threats(), ids=lambda row: row.split("|")[1].strip())
def test_a_threat_names_the_tests_that_show_its_mitigation(row: str) -> None:
    named = NAMED.findall(row.split("|")[3])

    assert named
    assert [test for test in named if not _exists(*test)] == []


def test_there_are_threats() -> None:
    assert len(_threats()) > 20


def _exists(file: str, name: str) -> bool:
    path = ROOT / "tests" / Path(file)
    if not path.exists():
        return False
    tree = ast.parse(path.read_text("utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body)
