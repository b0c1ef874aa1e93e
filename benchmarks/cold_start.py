"""The CPU of each function's cold start, compared with a single boto3 client.

    python -m benchmarks.cold_start

The CPU of a whole process that imports the handler from the built package, with X-Ray and every
client that the function makes; it ends without cleanup, like Lambda's processes. The peer is a bare
process with `boto3.client("sesv2")`, as pip installs the same versions. Both contain the time of
the interpreter itself. The package is for this Python, which must load it.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import ROOT, at_most_peer, report
from benchmarks.package import PEER
from testbed.package import SIDES, build, handlers, start, unpack

ROUNDS = 9
SENDER, PLANNER = "send_mail", "plan_delivery"
# Two of the goals are fixed. A function that writes mails may take as long as the planner; others
# that load our models must take less.
GOALS = {SENDER: 1.2, "record_outcome": 1.2, "sweep": 1.2, PLANNER: 1.9, "intake": 1.9}
OTHERS = 1.7


# The sender, each time without one optimization; without light data it uses what pip installs.
NO_BYTE_CODE = f"import sys\nsys.implementation.cache_tag = None\nimport {SENDER}"
OFTEN_COLLECTING = f"import sys\nsys.modules['changecast.lambdas.startup'] = sys\nimport {SENDER}"


def main() -> None:
    """Print one JSON line per function."""
    with tempfile.TemporaryDirectory() as scratch:
        sides = {side: unpack(build(Path(scratch), side), Path(scratch) / side) for side in SIDES}
        package = sides["customer"]
        plain = _installed(Path(scratch) / "plain")
        starts = {"peer": (PEER, str(plain)), "same_data": (PEER, str(package))}
        starts |= {
            name: (f"import {name}", str(folder))
            for side, folder in sides.items()
            for name in handlers(side)
        }
        starts |= {
            "byte_code": (NO_BYTE_CODE, str(package)),
            "light_data": (f"import {SENDER}", f"{plain}{os.pathsep}{package}"),
            "rare_collecting": (OFTEN_COLLECTING, str(package)),
        }
        for code, packages in starts.values():
            _cpu_ms(code, packages)  # the first to read the files
        taken: dict[str, list[float]] = {name: [] for name in starts}
        for _ in range(ROUNDS):
            for name, (code, packages) in starts.items():
                taken[name].append(_cpu_ms(code, packages))
    for name in handlers():
        goal = at_most_peer(GOALS.get(name, OTHERS))
        report(f"cold_start_{name}", taken[name], "ms CPU", goal, peers=taken["peer"])
    # The same client on the package's own, lighter data: the rest is ours and X-Ray's.
    ours, same = taken[SENDER], taken["same_data"]
    report("cold_start_send_mail_same_data", ours, "ms CPU", peers=same)
    for lever in ("byte_code", "light_data", "rare_collecting"):
        report(f"cold_start_without_{lever}", taken[lever], "ms CPU", peers=ours)


def _installed(folder: Path) -> Path:
    """Return the same pinned packages as pip installs them, with their byte code."""
    command = [
        sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check",
        "--no-deps", "--require-hashes", "--target", str(folder),
        "--requirement", str(ROOT / "functions" / "requirements-customer.txt"),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return folder


def _cpu_ms(code: str, packages: str) -> float:
    began = _of_children()
    start(f"{code}\nimport os\nos._exit(0)", packages)
    return 1e3 * (_of_children() - began)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
