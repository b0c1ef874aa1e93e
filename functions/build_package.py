"""Build the one package of all functions: our code beside its dependencies, as a reproducible zip.

`sam build` calls it through the Makefile beside it, once for every function, and wants a folder;
`sam deploy` would zip each of these folders anew. So the zip is made once in the build folder, and
what stands in each function's place is a link to it: sam resolves the link, takes a zip as it is,
uploads it once, and not at all where the bucket has the same content.
"""

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from build_dependencies import RUNTIMES, candidates, compile_all, dependencies, write_zip

HERE = Path(__file__).parent


def main() -> None:
    """Stand the package where the first argument says, sam's folder for one function."""
    artifacts = Path(sys.argv[1])
    package = artifacts.parent / f"changecast-{digest()}.zip"
    if not package.exists():
        build(package)
    artifacts.rmdir()
    artifacts.symlink_to(package.name)


def build(package: Path) -> None:
    """Write the whole package; the name appears when it is complete."""
    with tempfile.TemporaryDirectory(dir=package.parent) as scratch:
        code, unfinished = Path(scratch) / "code", Path(scratch) / "zip"
        for source in sources():
            copy = code / source.relative_to(HERE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        compile_all(code)
        shutil.copyfile(dependencies(HERE / "requirements.txt", languages()), unfinished)
        write_zip(code, unfinished)
        unfinished.rename(package)


def digest() -> str:
    """Names the package by all that goes into it: 16 hex digits."""
    parts = [f"{source.relative_to(HERE)}\0".encode() + source.read_bytes() for source in sources()]
    builders = [path.read_bytes() for path in sorted(HERE.glob("build_*.py"))]
    pins = (HERE / "requirements.txt").read_bytes()
    made_by = [word.encode() for word in (*RUNTIMES, *candidates())]
    return hashlib.sha256(b"\0".join([*parts, *builders, pins, *made_by])).hexdigest()[:16]


def sources() -> list[Path]:
    """Everything of ours that is deployed, in order."""
    return sorted(_sources())


def _sources() -> Iterator[Path]:
    yield from (path for path in HERE.glob("*.py") if not path.name.startswith("build_"))
    for path in (HERE / "changecast").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def languages() -> list[str]:
    """The languages that mails are written in; of Babel's data only theirs is packed."""
    return sorted(path.stem for path in (HERE / "changecast/compose/languages").glob("*.toml"))


if __name__ == "__main__":
    main()
