"""All measures in turn, each in a process of its own; their lines go to stdout and to a file.

    python -m benchmarks [MEASURE...]

A measure is the name of a module beside this one. The exit code says whether all of them ran; which
goals were not met stands at the end, on stderr.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence

from benchmarks.measure import ROOT

LINES = ROOT / "build" / "bench" / "measures.jsonl"
# In the order in which they run: what is short first.
MEASURES = (
    "compose",
    "sending",
    "quota",
    "billed",
    "announcement",
    "neighbour",
    "growth",
)


def main(names: Sequence[str]) -> int:
    """Run measures; 1 where one of them broke."""
    lines, broken = [], []
    LINES.parent.mkdir(parents=True, exist_ok=True)
    with LINES.open("w", encoding="utf-8") as file:
        for name in names:
            try:
                for line in _lines(name):
                    print(line, end="", flush=True)
                    file.write(line)
                    lines.append(json.loads(line))
            except subprocess.CalledProcessError:
                broken.append(name)
    missed = [line["measure"] for line in lines if line["met"] is False]
    print(f"{len(lines)} figures; goals not met: {', '.join(missed) or 'none'}", file=sys.stderr)
    if broken:
        print(f"broken: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


def _lines(name: str) -> Iterator[str]:
    """What a measure prints, while it prints it; CalledProcessError where it ends badly."""
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield from process.stdout
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or MEASURES))
