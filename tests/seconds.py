"""Print how long tests take.

Without a word: each suite of the last `make test`, the seconds of its tests, summed. Tests run side
by side, so the seconds of all suites together are more than the time that passed.

`cpu`: run the unit and contract tests in one process, and print the seconds of a processor that
they take, with collection and imports. It exits with 1 if a test fails.
"""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

RESULTS = Path("build/test-results.xml")
QUICK = ("tests/unit", "tests/contract")
# This folder holds several suites.
_SPLIT = ("integration",)


def suite_of(name: str) -> str:
    """Return the suite of a test by the dotted name of its module, as JUnit's files have it."""
    folders = name.split(".")[1:]
    depth = 2 if folders[0] in _SPLIT else 1
    return "/".join(folders[:depth])


def main() -> None:
    """Print what the command line asks for."""
    if sys.argv[1:] == ["cpu"]:
        sys.exit(print_cpu())
    print_suites()


def print_cpu() -> int:
    """Run the quick suites, print their seconds of a processor, and return pytest's status."""
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    status = subprocess.run([*run, *QUICK], check=False).returncode
    spent = os.times()
    seconds = spent.children_user + spent.children_system
    print(f"{' and '.join(QUICK)}: {seconds:.1f} s of a processor")
    return status


def print_suites() -> None:
    """Print a line of a Markdown table per suite, slowest first, and the sum."""
    if not RESULTS.exists():
        sys.exit(f"{RESULTS} is not there yet: run make test")
    (suite,) = ElementTree.parse(RESULTS).getroot()
    seconds: defaultdict[str, float] = defaultdict(float)
    tests: Counter[str] = Counter()
    for case in suite.iter("testcase"):
        name = suite_of(case.attrib["classname"])
        seconds[name] += float(case.attrib["time"])
        tests[name] += 1
    for name, spent in sorted(seconds.items(), key=lambda each: -each[1]):
        print(f"| `tests/{name}` | {tests[name]:,} | {spent:,.0f} |")
    print(f"| total | {tests.total():,} | {sum(seconds.values()):,.0f} |")
    print(f"| elapsed time | | {float(suite.attrib['time']):,.0f} |")


if __name__ == "__main__":
    main()
