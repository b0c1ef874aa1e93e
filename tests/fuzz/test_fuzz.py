"""A minute of hostile documents at all doors together: nothing crashes, hangs or grows.

FUZZ_SECONDS=600 gives each door ten minutes. The fuzzer keeps what it found in build/fuzz.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.doors import DOORS

ROOT = Path(__file__).parents[2]
FOUND = ROOT / "build" / "fuzz"
SECONDS = os.environ.get("FUZZ_SECONDS", str(60 // len(DOORS)))


@pytest.fixture(scope="module")
def codes() -> dict[str, int]:
    """How each door's fuzzer ended; all doors are fuzzed at once."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", ",".join(DOORS), SECONDS],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
def test_a_door_takes_anything_and_refuses_with_a_reason(door: str, codes: dict[str, int]) -> None:
    said = (FOUND / f"{door}.log").read_text("utf-8", "replace")

    assert codes[door] == 0, said[-3_000:]
    assert "Done " in said
