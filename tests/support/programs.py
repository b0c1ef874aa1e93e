"""Programs that are not ours and look at our mails: Node scripts and headless Chromium.

They are installed into build/ at the first use. ProgramMissing says what to install.
"""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# A browser that hangs fails its test, and no other.
SECONDS = 900
NPM, BUILD = ROOT / "tests" / "npm", ROOT / "build"


class ProgramMissing(Exception):
    """A program that the checks need is not installed, or failed."""


def needed(command: str, package: str) -> str:
    """Return the path of a command; ProgramMissing where there is none."""
    path = shutil.which(command)
    if path is None:
        raise ProgramMissing(f"{command} is missing: apt-get install -y {package}")
    return path


def run(*command: str, folder: Path, **more: Any) -> str:
    """Return what a command prints; ProgramMissing with its output where it fails."""
    try:
        done = subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True,
            timeout=SECONDS, **more,
        )  # fmt: skip
    except subprocess.CalledProcessError as failed:
        said = f"{failed.stdout[-2000:]}{failed.stderr[-2000:]}"
        raise ProgramMissing(f"{' '.join(command)} failed:\n{said}") from failed
    return str(done.stdout)


def npm_folder() -> Path:
    """Return where the pinned npm packages are installed, with our scripts beside them."""
    folder = BUILD / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    with (BUILD / "npm.lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        _install(folder)
        for script in NPM.glob("*.mjs"):
            _copy(script, folder / script.name)
    return folder


def _install(folder: Path) -> None:
    lock, installed = (NPM / "package-lock.json").read_text("utf-8"), folder / "installed.json"
    if installed.exists() and installed.read_text("utf-8") == lock:
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copy(NPM / name, folder)
    npm = needed("npm", "npm")
    run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
    installed.write_text(lock, "utf-8")


def _copy(script: Path, to: Path) -> None:
    """Copy what differs; another process may read the file at any time."""
    if not to.exists() or to.read_bytes() != script.read_bytes():
        fresh = to.with_suffix(".new")
        shutil.copy(script, fresh)
        fresh.replace(to)


def node(script: str, given: Any) -> Any:
    """Run one of our scripts: JSON in, JSON out."""
    chromium = {"CHROMIUM": shutil.which("chromium") or ""}
    program = needed("node", "nodejs")
    printed = run(program, script, folder=npm_folder(), input=json.dumps(given),
                  env=os.environ | chromium)  # fmt: skip
    return json.loads(printed)


def browse(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Look at pages in headless Chromium; see tests/npm/look.mjs for what it finds."""
    needed("chromium", "chromium")
    return list(node("look.mjs", {"jobs": jobs}))
