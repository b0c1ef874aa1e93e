"""The version is that of pyproject.toml wherever else it is written."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
_RELEASE = re.compile(r'^  Release:\n.*\n    Value: "(.+)"', re.MULTILINE)
_HEADING = re.compile(r"^## (\S+) (\(unreleased\)|- \d{4}-\d{2}-\d{2})$", re.MULTILINE)


def test_the_command_has_the_version() -> None:
    assert version("changecast") == VERSION


@pytest.mark.parametrize("path", ["template.yaml", "hub/template.yaml"])
def test_a_stack_has_the_version(path: str) -> None:
    assert _RELEASE.findall((ROOT / path).read_text("utf-8")) == [VERSION]


def test_the_changelog_begins_with_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## .*$", text, re.MULTILINE)

    assert _HEADING.match(headings[0] + "\n"), headings[0]
    assert headings[0].split()[1] == VERSION
