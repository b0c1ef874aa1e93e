"""A folder like a checkout, made of the files that came with an installed package.

sam builds in a folder with the templates and the functions, and writes beside them. An installed
package has them in two places, and perhaps may not write there.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import PackagePath, files, version
from pathlib import Path

from changecast_cli.failures import Failed

SHARED, PACKAGE = "share/changecast/", "changecast/"


def installed_checkout() -> Path:
    """Return the copy of this release's files in the user's cache; makes it on first use."""
    found = list(_files(files("changecast") or ()))
    if not any(name == "template.yaml" for name, _ in found):
        raise Failed("the templates were not installed: pip install --force-reinstall changecast")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "changecast"
    folder = cache / f"release-{version('changecast')}-{_digest(found)}"
    if not folder.exists():
        _copy(found, folder)
    return folder


def _files(installed: Sequence[PackagePath]) -> Iterator[tuple[str, PackagePath]]:
    """Yield each file that sam needs, with its path in a checkout."""
    for path in installed:
        name = path.as_posix()
        if "__pycache__" in name:
            continue
        if SHARED in name:
            yield name.split(SHARED, 1)[1], path
        elif name.startswith(PACKAGE):
            yield f"functions/{name}", path


def _digest(found: Sequence[tuple[str, PackagePath]]) -> str:
    lines = sorted(f"{name} {path.hash and path.hash.value}" for name, path in found)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _copy(found: Sequence[tuple[str, PackagePath]], folder: Path) -> None:
    """Copy the files; the folder's name appears when it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        unfinished = Path(scratch) / "unfinished"
        for name, path in found:
            copy = unfinished / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path.locate(), copy)
        with suppress(OSError):  # another command was faster
            unfinished.rename(folder)
    if not folder.exists():
        raise Failed(f"cannot write {folder}: check the permissions of its parent folder")
