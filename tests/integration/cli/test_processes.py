"""What only a process of its own shows: what a command line loads, its memory, its output."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.test_many_customers import large

SAMPLE = Path(__file__).parents[2] / "samples" / "d-flat.json"
LOADED = """
import sys
from changecast_cli.main import run
try:
    run()
finally:
    print(*(name for name in ("boto3", "pydantic", "dns", "starlette") if name in sys.modules))
"""
# The time and memory for showing one change with this many customers.
MEMORY = """
import json, sys
from pathlib import Path
from datetime import UTC, datetime
from rich.console import Console
from changecast_cli.watching.status import STATES
from changecast_cli.watching.tables import runs_table
runs = json.load(sys.stdin)
Console(width=120).print(runs_table(runs, datetime.now(UTC)))
# Unlike ru_maxrss, without what the program that started this one has.
lines = Path("/proc/self/status").read_text().splitlines()
print("KB", next(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""
RUN = "from changecast_cli.main import run; run()"


def _run(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-c", RUN, *arguments]
    return subprocess.run(command, capture_output=True, env={**os.environ, **environ}, check=False)


def loaded_by(*words: str) -> set[str]:
    """Which heavy libraries a command line loads."""
    ended = subprocess.run(
        [sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True
    )
    return set(ended.stdout.splitlines()[-1].split())


def test_the_version_loads_no_verb_and_a_verb_only_what_it_needs() -> None:
    assert loaded_by("--version") == set()
    assert not {"dns", "starlette"} & loaded_by("status", "--help")
    assert "starlette" not in loaded_by("console", "--help")


def test_a_terminal_without_unicode_gets_escapes() -> None:
    ended = _run("validate", str(SAMPLE), PYTHONIOENCODING="ascii")
    assert ended.returncode == 0
    assert ended.stdout.startswith(b"\\u2713 ")


def test_a_file_that_is_not_there_is_named_before_aws_is_asked() -> None:
    ended = _run("announce", "nothere.json", AWS_CONFIG_FILE="/dev/null")
    assert ended.returncode == 2
    assert b"nothere.json cannot be read" in ended.stderr


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux has it")
def test_three_thousand_customers_are_shown_in_little_memory() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", MEMORY],
        input=json.dumps([large()]),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    kilobytes = int(ran.stdout.split("KB ")[1])
    assert kilobytes < 300_000
