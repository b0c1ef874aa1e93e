"""What contributors are told and given agrees with the Makefile."""

import re
from typing import Any

import yaml

from testbed.expand import ROOT

HOOKS = ROOT / ".pre-commit-config.yaml"


def recipe(target: str) -> list[str]:
    """The lines of a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (lines,) = re.findall(rf"^{target}:[^\n]*\n((?:\t[^\n]*\n)+)", makefile, re.MULTILINE)
    return [line.strip().lstrip("@").replace("$(BIN)", ".venv/bin") for line in lines.splitlines()]


def test_the_hooks_run_what_make_check_runs() -> None:
    config: dict[str, Any] = yaml.safe_load(HOOKS.read_text("utf-8"))
    hooks = [hook["entry"] for repo in config["repos"] for hook in repo["hooks"]]
    assert hooks == recipe("check")


def test_a_hook_downloads_nothing() -> None:
    config: dict[str, Any] = yaml.safe_load(HOOKS.read_text("utf-8"))
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
