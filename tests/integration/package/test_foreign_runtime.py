"""A package for another Python or machine says what to set; all others start."""

import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MINE, FOREIGN = EXTENSION_SUFFIXES[0], ".cpython-399-s390x-linux-gnu.so"


def start(folder: Path, *built: str) -> subprocess.CompletedProcess[str]:
    """Import changecast from a package whose compiled parts are for these."""
    (folder / "changecast").mkdir()
    (folder / "pydantic_core").mkdir()
    shutil.copyfile(ROOT / "functions/changecast/__init__.py", folder / "changecast/__init__.py")
    for suffix in built:
        (folder / "pydantic_core" / f"_pydantic_core{suffix}").touch()
    command = [sys.executable, "-c", "import changecast"]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


@pytest.mark.parametrize("built", [(), (MINE,), (FOREIGN, MINE)])
def test_a_package_for_this_python_starts(tmp_path: Path, built: tuple[str, ...]) -> None:
    assert start(tmp_path, *built).returncode == 0


def test_a_package_for_another_python_names_both_and_what_to_set(tmp_path: Path) -> None:
    refused = start(tmp_path, FOREIGN).stderr
    assert f"runs on {MINE}" in refused
    assert "built for cpython-399-s390x-linux-gnu.so" in refused
    assert "PythonRuntime and Architecture" in refused
