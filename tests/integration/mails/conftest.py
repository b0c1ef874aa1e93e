"""Programs that are not ours and read our mails: installed into build/ at the first use.

Nothing is skipped where one is missing: the test fails and says what to install.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
NPM, BUILD = ROOT / "tests" / "npm", ROOT / "build"
Node = Callable[[str, Any], Any]


def _needed(command: str, package: str) -> str:
    path = shutil.which(command)
    if path is None:
        pytest.fail(f"{command} is missing: apt-get install -y {package}")
    return path


def _run(*command: str, folder: Path, **more: Any) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True, **more
        )
    except subprocess.CalledProcessError as failed:
        pytest.fail(f"{' '.join(command)} failed:\n{failed.stdout[-2000:]}{failed.stderr[-2000:]}")
    return str(done.stdout)


@pytest.fixture(scope="session")
def npm_folder() -> Path:
    """Where the pinned npm packages are installed, with our scripts beside them."""
    folder, lock = BUILD / "npm", (NPM / "package-lock.json").read_text("utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    installed = folder / "installed.json"
    if not installed.exists() or installed.read_text("utf-8") != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(NPM / name, folder)
        npm = _needed("npm", "npm")
        _run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
        installed.write_text(lock, "utf-8")
    for script in NPM.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


@pytest.fixture(scope="session")
def node(npm_folder: Path) -> Node:
    """Runs one of our scripts: JSON in, JSON out."""
    program = _needed("node", "nodejs")

    def run(script: str, given: Any) -> Any:
        chromium = {"CHROMIUM": shutil.which("chromium") or ""}
        said = _run(program, script, folder=npm_folder, input=json.dumps(given),
                    env=os.environ | chromium)  # fmt: skip
        return json.loads(said)

    return run


@pytest.fixture(scope="session")
def browser(node: Node) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Looks at pages in headless Chromium; see tests/npm/look.mjs for what it finds."""
    _needed("chromium", "chromium")
    return lambda jobs: list(node("look.mjs", {"jobs": jobs}))


@pytest.fixture(scope="session")
def maintenance_parser() -> Path:
    """A Python in which circuit-maintenance-parser is installed, which needs an older icalendar."""
    folder, pins = BUILD / "maintnote", ROOT / "requirements" / "maintnote.txt"
    installed, python = folder / "installed.txt", folder / "bin" / "python"
    if not installed.exists() or installed.read_text("utf-8") != pins.read_text("utf-8"):
        uv = str(Path(sys.executable).with_name("uv"))
        _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder), folder=ROOT)
        _run(uv, "pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(pins),
             folder=ROOT)  # fmt: skip
        shutil.copy(pins, installed)
    return python
