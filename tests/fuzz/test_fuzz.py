"""A minute of hostile documents at all doors together: nothing crashes, hangs or grows.

FUZZ_SECONDS=600 gives each door ten minutes. The fuzzer keeps what it found in build/fuzz.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.doors import DOORS

ROOT = Path(__file__).parents[2]
SECONDS = os.environ.get("FUZZ_SECONDS", str(60 // len(DOORS)))

Runs = dict[str, subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def runs() -> Runs:
    """What each door's fuzzer said; all doors are fuzzed at once."""
    started = {door: _start(door) for door in DOORS}
    said = {door: (process, *process.communicate()) for door, process in started.items()}
    return {
        door: subprocess.CompletedProcess(process.args, process.returncode, out, errors)
        for door, (process, out, errors) in said.items()
    }


def _start(door: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.fuzz", door, SECONDS],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
def test_a_door_takes_anything_and_refuses_with_a_reason(door: str, runs: Runs) -> None:
    run = runs[door]

    assert run.returncode == 0, run.stderr[-3_000:]
    assert "Done " in run.stderr
