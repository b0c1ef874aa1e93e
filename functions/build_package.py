"""Build the package of one side, hub or customer: its code and dependencies, a reproducible zip.

`sam build` calls it through the Makefile beside it, once for every function, and expects a folder.
`sam deploy` would zip each of these folders again. So we make each side's zip once in the build
folder, and every function of the side gets a link to it. sam resolves the link, takes the zip as it
is, and uploads it once, or not at all if the bucket has the same content.
"""

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from build_dependencies import (
    ARCHITECTURES,
    RUNTIMES,
    candidates,
    compile_all,
    dependencies,
    write_zip,
)

HERE = Path(__file__).parent
# The entry points of each side. A side's package holds no module of the other side.
SIDES = {
    "customer": (
        "apply_preferences",
        "deliver_notice",
        "plan_delivery",
        "record_outcome",
        "report_delivery",
        "respond",
        "send_mail",
        "sweep",
    ),
    "hub": ("canary", "intake", "publish_approved", "track_status", "watch"),
}


def main() -> None:
    """Put the package of the side (first argument) into sam's folder for one function (second)."""
    side, artifacts = sys.argv[1], Path(sys.argv[2])
    package = artifacts.parent / f"changecast-{side}-{digest(side)}.zip"
    if not package.exists():
        build(side, package)
    artifacts.rmdir()
    artifacts.symlink_to(package.name)


def build(side: str, package: Path) -> None:
    """Write a side's whole package; its name appears when it is complete."""
    with tempfile.TemporaryDirectory(dir=package.parent) as scratch:
        code, unfinished = Path(scratch) / "code", Path(scratch) / "zip"
        for source in sources(side):
            copy = code / source.relative_to(HERE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        compile_all(code)
        shutil.copyfile(dependencies(side, requirements(side), languages()), unfinished)
        write_zip(code, unfinished)
        unfinished.rename(package)


def digest(side: str) -> str:
    """Return the package's name, 16 hex digits of everything that goes into it."""
    parts = [f"{path.relative_to(HERE)}\0".encode() + path.read_bytes() for path in sources(side)]
    builders = [path.read_bytes() for path in sorted(HERE.glob("build_*.py"))]
    pins = requirements(side).read_bytes()
    made_by = [word.encode() for word in (*RUNTIMES, *ARCHITECTURES, *candidates())]
    return hashlib.sha256(b"\0".join([*parts, *builders, pins, *made_by])).hexdigest()[:16]


def requirements(side: str) -> Path:
    """Return the file of pinned packages that a side's functions import."""
    return HERE / f"requirements-{side}.txt"


def sources(side: str) -> list[Path]:
    """Return all of our files that are deployed to a side, in order."""
    return sorted(_sources(side))


def _sources(side: str) -> Iterator[Path]:
    yield from (HERE / f"{name}.py" for name in SIDES[side])
    package = HERE / "changecast"
    others = [package / other for other in SIDES if other != side]
    for path in package.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and not {*others} & {*path.parents}:
            yield path


def languages() -> list[str]:
    """Return the languages of the mails; the package has Babel's data for these only."""
    return sorted(
        path.stem for path in (HERE / "changecast/customer/compose/languages").glob("*.toml")
    )


if __name__ == "__main__":
    main()
