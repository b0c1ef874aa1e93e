"""`python -m tests.release.wheel`: build sdist and wheel, and use the wheel as a user would.

Without an argument it builds, and installs the wheel into build/release/environment. With `demo` it
runs the installed command in an empty folder: --version, --help, validate and demo.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support import wheels
from tests.support.wheels import ENVIRONMENT, RELEASE, ROOT

SAMPLE = ROOT / "tests" / "samples" / "a-current-approved.json"
COMMANDS = (("--version",), ("--help",), ("validate", str(SAMPLE)), ("demo",))


def main() -> int:
    """Do what the argument says; return the exit status."""
    return _use() if sys.argv[1:] == ["demo"] else _make()


def _make() -> int:
    shutil.rmtree(RELEASE, ignore_errors=True)
    RELEASE.mkdir(parents=True)
    started = time.monotonic()
    for path in wheels.build(RELEASE):
        print(f"  {path.relative_to(ROOT)}  {path.stat().st_size / 1024:.0f} KB")
    wheels.environment_with(next(RELEASE.glob("*.whl")), "local,console", ENVIRONMENT)
    print(f"  installed into {ENVIRONMENT.relative_to(ROOT)}: {time.monotonic() - started:.0f} s")
    return 0


def _use() -> int:
    """Run each command in an empty folder, with an empty cache and without the checkout's PATH."""
    with tempfile.TemporaryDirectory() as scratch:
        environ = os.environ | {
            "PATH": os.pathsep.join([str(ENVIRONMENT / "bin"), os.defpath]),
            "XDG_CACHE_HOME": str(Path(scratch) / "cache"),
        }
        folder = Path(scratch) / "empty"
        folder.mkdir()
        return max(_run(command, folder, environ) for command in COMMANDS)


def _run(command: tuple[str, ...], folder: Path, environ: dict[str, str]) -> int:
    started = time.monotonic()
    program = str(ENVIRONMENT / "bin" / "changecast")
    done = subprocess.run(
        [program, *command], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - started
    print(f"  changecast {' '.join(command)}: exit status {done.returncode}, {seconds:.0f} s")
    if done.returncode:
        print(done.stdout[-3000:], done.stderr[-3000:], file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
