"""Programs that are not ours and look at our mails: Node scripts and headless Chromium.

They are installed into build/ at the first use. ProgramMissing says what to install.
"""

import atexit
import fcntl
import json
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

ROOT = Path(__file__).parents[2]
# A browser that hangs fails its test, and no other.
SECONDS = 900
NPM, BUILD = ROOT / "tests" / "npm", ROOT / "build"
# These scripts open pages.
IN_A_BROWSER = frozenset({"answer.mjs", "look.mjs", "walk.mjs"})


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
    folder = npm_folder()
    browser = BROWSER.variables(folder) if script in IN_A_BROWSER else {}
    printed = run(needed("node", "nodejs"), script, folder=folder, input=json.dumps(given),
                  env=os.environ | browser)  # fmt: skip
    return json.loads(printed)


class Browser:
    """One Chromium for all scripts of this process, because each start costs a second of CPU.

    It ends with this process, which holds its stdin.
    """

    def __init__(self) -> None:
        self._lock, self._address = Lock(), ""
        self._process: subprocess.Popen[str] | None = None

    def variables(self, folder: Path) -> dict[str, str]:
        """Return what tells a script where the browser is; starts one if there is none."""
        chromium = {"CHROMIUM": needed("chromium", "chromium")}
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self.end()
                self._process = self._start(folder, os.environ | chromium)
            process = str(self._process.pid)
        return chromium | {"BROWSER": self._address, "BROWSER_PROCESS": process}

    def _start(self, folder: Path, environment: dict[str, str]) -> "subprocess.Popen[str]":
        command = [needed("node", "nodejs"), "serve.mjs"]
        process = subprocess.Popen(command, cwd=folder, env=environment, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
        assert process.stdout
        self._address = process.stdout.readline().strip()
        if not self._address:
            raise ProgramMissing("Chromium did not start")
        return process

    def end(self) -> None:
        """End the browser, if there is one."""
        if self._process:
            with suppress(BrokenPipeError), self._process:
                pass  # closes its stdin, and waits for its end
            self._process = None


BROWSER = Browser()
atexit.register(BROWSER.end)


def browse(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Look at pages in headless Chromium; see tests/npm/look.mjs for what it finds."""
    return list(node("look.mjs", {"jobs": jobs}))
