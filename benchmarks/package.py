"""What each side deploys: its size, and what each function loads before its first event.

    python -m benchmarks.package

Everything is counted, and nothing is timed. It is the same on every machine with the same Python,
so `make test` compares it with the baseline. The packages are as sam builds them, for this Python,
which must load them. The peer of a function is a bare process with one client of the package's
boto3.
"""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import at_most, report
from testbed.package import SIDES, build, handlers, start, unpack

MB = 1_000_000
PEER = "import boto3; boto3.client('sesv2')"
_COUNT = """
import gc, json, sys
gc.collect()
print(json.dumps({"modules": len(sys.modules), "objects": len(gc.get_objects())}))
"""


class Loaded(NamedTuple):
    """What a process holds once it is ready: modules, and objects that the collector looks at."""

    modules: int
    objects: int


def main() -> None:
    """Print one JSON line per measure."""
    with tempfile.TemporaryDirectory() as scratch:
        here = {side: _sized(side, Path(scratch)) for side in SIDES}
        # The peer has a client of SES, which only the customer's package has data for.
        peer = loaded(PEER, here["customer"])
        for side, folder in here.items():
            for name in handlers(side):
                found = loaded(f"import {name}", folder)
                report(f"modules_{name}", [found.modules], "modules", peers=[peer.modules])
                report(f"objects_{name}", [found.objects], "objects", peers=[peer.objects])


def _sized(side: str, scratch: Path) -> Path:
    """Report how large a side's package is; returns the folder where it is unpacked."""
    package = build(scratch, side)
    unpacked = sum(entry.file_size for entry in zipfile.ZipFile(package).infolist())
    report(f"package_zip_{side}", [package.stat().st_size / MB], "MB", at_most(9.2))
    report(f"package_unpacked_{side}", [unpacked / MB], "MB", at_most(26))
    return unpack(package, scratch / side)


def loaded(code: str, packages: Path) -> Loaded:
    """Return what a process has loaded after `code`."""
    return Loaded(**json.loads(start(f"{code}\n{_COUNT}", packages)))


if __name__ == "__main__":
    main()
