"""Plant each fault in a copy of the project and see which test finds it; 1 where one survives."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.mutants.faults import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
COPIED = (
    "functions", "changecast_cli", "testbed", "tests", "benchmarks", "schemas", "events", "hub",
    "pyproject.toml", "template.yaml",
)  # fmt: skip
_IN_MEMORY = ["-k", "not moto and not InTwoTables"]
# After those that are near to the fault; the first test that fails is the killer.
SUITES = (
    ["tests/unit/delivery"],
    ["tests/integration/delivery", *_IN_MEMORY],
    ["tests/simulation", "-k", "twice or once or call"],
)
# Many times what a suite takes: a fault may make it run for ever.
SECONDS = 600


def main(words: list[str]) -> int:
    """Print one JSON line for each mutant, or for those named by a word: its name and killer."""
    chosen = [one for one in MUTANTS if not words or any(word in one.name for word in words)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        survivors = 0
        for mutant, killer in zip(chosen, threads.map(killer_of, chosen), strict=True):
            print(json.dumps({"mutant": mutant.name, "killed_by": killer}), flush=True)
            survivors += killer is None
    print(json.dumps({"mutants": len(chosen), "survivors": survivors}))
    return int(survivors > 0)


def killer_of(mutant: Mutant) -> str | None:
    """The first test that fails with the fault planted, None where none does."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            copied = shutil.copytree if source.is_dir() else shutil.copy2
            copied(source, copy / name)
        for edit in mutant.edits:
            path = copy / edit.path
            text = path.read_text()
            if edit.old not in text:
                raise SystemExit(f"{mutant.name}: {edit.path} has no {edit.old!r}")
            path.write_text(text.replace(edit.old, edit.new))
        suites = ([f"tests/{mutant.near}", *_IN_MEMORY], *SUITES)
        found = (_failing(copy, suite) for suite in suites)
        return next((test for test in found if test), None)


def _failing(copy: Path, suite: list[str]) -> str | None:
    """The first failing test of a suite."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider"]
    try:
        answer = subprocess.run(
            [*command, *suite],
            cwd=copy,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{suite[0]} does not end in {SECONDS} s"
    if answer.returncode == 0:
        return None
    if answer.returncode not in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
        raise SystemExit(f"{suite}: {answer.stdout[-300:]}{answer.stderr[-300:]}")
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", answer.stdout, re.MULTILINE)
    if failed is None or "::" not in failed[1]:  # a file that cannot be read finds no fault
        raise SystemExit(f"{suite}: {answer.stdout[-300:]}")
    return failed[1]
