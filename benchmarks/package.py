"""What is deployed: its size, and what each function has loaded before its first event.

    python -m benchmarks.package

All of it is counted and none of it timed: it is the same on every machine with the same Python, so
`make test` compares it with the baseline. The package is as sam builds it, for this Python, which
must load it. The peer of a function is a bare process with one client of the package's boto3.
"""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import at_most, report
from tests.support.package import build, handlers, start, unpack

MB = 1_000_000
PEER = "import boto3; boto3.client('sesv2')"
_COUNT = """
import gc, json, sys
print(json.dumps({"modules": len(sys.modules), "objects": len(gc.get_objects())}))
"""


class Loaded(NamedTuple):
    """What a process holds once it is ready: modules, and objects that the collector looks at."""

    modules: int
    objects: int


def main() -> None:
    """Print one JSON line per measure."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        package = build(folder)
        entries = zipfile.ZipFile(package).infolist()
        unpacked = sum(entry.file_size for entry in entries)
        report("package_zip", [package.stat().st_size / MB], "MB", at_most(10))
        report("package_unpacked", [unpacked / MB], "MB", at_most(30))
        here = unpack(package, folder / "unpacked")
        peer = loaded(PEER, here)
        for name in handlers():
            found = loaded(f"import {name}", here)
            report(f"modules_{name}", [found.modules], "modules", peers=[peer.modules])
            report(f"objects_{name}", [found.objects], "objects", peers=[peer.objects])


def loaded(code: str, packages: Path) -> Loaded:
    """What a process has loaded after `code`."""
    return Loaded(**json.loads(start(f"{code}\n{_COUNT}", packages)))


if __name__ == "__main__":
    main()
