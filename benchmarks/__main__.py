"""Run measures in turn, each in its own process; their lines go to stdout and to a file.

    python -m benchmarks [--check | --keep] [MEASURE...]

A measure is the name of a module beside this one; without a name, those that take less than 15
minutes together are run. The results are written into docs/performance.md.
--keep also makes them the baseline. --check takes only those that the baseline has, in fewer
rounds and with shorter lists, and compares with it. The exit code says whether all of them ran and
nothing was lost. Goals that were not met are listed at the end, on stderr.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.check import baseline, keep, losses
from benchmarks.measure import ROOT
from benchmarks.performance import write

LINES = ROOT / "build" / "bench" / "measures.jsonl"
# Together they take less than 15 minutes; short ones first.
MEASURES = (
    "compose",
    "package",
    "hub",
    "quota",
    "cold_start",
    "answers",
    "scale",
    "announcement",
    "billed",
    "sending",
)
# Those of the baseline's that take about a minute, without the long lists.
CHECKED = (
    "compose",
    "package",
    "hub",
    "cold_start",
    "sending",
    "growth",
    "customers",
)
# Figures of the baseline that a check leaves out, because they take minutes.
NOT_CHECKED = re.compile(r"(soak|routes)_.*|growth_.*_of_10{4,5}|customers_.*_100")
# Minutes each, so run only by name.
LONG = (
    "peers",
    "channels",
    "profile",
    "neighbour",
    "growth",
    "units",
    "soak",
    "customers",
    "concurrent",
    "routes",
    "busy",
    "patch_night",
    "buses",
    "month",
)


def main() -> int:
    """Run measures; return 1 if one of them broke or is worse than the baseline."""
    arguments = _arguments()
    taken: dict[str, list[dict[str, Any]]] = {}
    broken = []
    LINES.parent.mkdir(parents=True, exist_ok=True)
    with LINES.open("w", encoding="utf-8") as file:
        for name in arguments.measures or (CHECKED if arguments.check else MEASURES):
            began = time.monotonic()
            try:
                for line in _lines(name, is_quick=arguments.check):
                    print(line, end="", flush=True)
                    file.write(line)
                    taken.setdefault(name, []).append(json.loads(line))
            except subprocess.CalledProcessError:
                broken.append(name)
            _say(f"{name}: {time.monotonic() - began:.0f} s")
    lines = [line for those in taken.values() for line in those]
    missed = [line["measure"] for line in lines if line["met"] is False]
    _say(f"{len(lines)} figures; goals not met: {', '.join(missed) or 'none'}")
    if broken:
        _say(f"broken: {', '.join(broken)}")
    if arguments.check:
        found = {line["measure"] for line in lines}
        checked = [one for one in baseline() if not NOT_CHECKED.fullmatch(one["measure"])]
        expected = [one for one in checked if not arguments.measures or one["measure"] in found]
        _say(f"compared with the baseline: {len(expected)} of its {len(baseline())} figures")
        lost = losses(lines, expected)
        _say("\n".join(lost) or "nothing is worse than the baseline")
        return 1 if broken or lost else 0
    write(taken)
    if arguments.keep:
        keep(lines)
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks")
    what_then = parser.add_mutually_exclusive_group()
    what_then.add_argument("--check", action="store_true")
    what_then.add_argument("--keep", action="store_true")
    known = f"{', '.join(MEASURES)}; by name only: {', '.join(LONG)}"
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=known)
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _lines(name: str, *, is_quick: bool) -> Iterator[str]:
    """Yield what a measure prints, while it prints; CalledProcessError if it fails."""
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    given = os.environ | ({"BENCH_QUICK": "yes"} if is_quick else {})
    with subprocess.Popen(
        command, cwd=ROOT, env=given, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield from process.stdout
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


if __name__ == "__main__":
    sys.exit(main())
