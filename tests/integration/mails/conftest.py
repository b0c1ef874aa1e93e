"""Programs that are not ours and read our mails: installed into build/ at the first use.

Nothing is skipped where one is missing: the test fails and says what to install.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import programs
from tests.support.programs import BUILD, ROOT

Node = Callable[[str, Any], Any]


@pytest.fixture(scope="session")
def node() -> Node:
    """Runs one of our scripts: JSON in, JSON out."""
    return programs.node


@pytest.fixture(scope="session")
def browser() -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Looks at pages in headless Chromium; see tests/npm/look.mjs for what it finds."""
    return programs.browse


@pytest.fixture(scope="session")
def maintenance_parser() -> Path:
    """A Python in which circuit-maintenance-parser is installed, which needs an older icalendar."""
    folder, pins = BUILD / "maintnote", ROOT / "requirements" / "maintnote.txt"
    installed, python = folder / "installed.txt", folder / "bin" / "python"
    if not installed.exists() or installed.read_text("utf-8") != pins.read_text("utf-8"):
        uv = str(Path(sys.executable).with_name("uv"))
        venv = ["venv", "--quiet", "--clear", "--python", sys.executable, str(folder)]
        programs.run(uv, *venv, folder=ROOT)
        sync = ["pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(pins)]
        programs.run(uv, *sync, folder=ROOT)
        shutil.copy(pins, installed)
    return python
