"""Compare figures with the committed baseline: more than 15% worse is a loss.

What is compared is the ratio to the peer of the same run, because machines differ. Without a peer,
only counts are compared, not times. A measure of the baseline that was not taken is a loss too.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

BASELINE = Path(__file__).with_name("baseline.json")
TOLERANCE = 0.15
# The same on every machine; `make test` looks at these.
COUNTED = ("MB", "modules", "objects", "requests a report")
OF_ITS_SPEED = ("s", "")
Line = dict[str, Any]


def baseline() -> list[Line]:
    """Return the lines that were committed."""
    lines: list[Line] = json.loads(BASELINE.read_text("utf-8"))
    return lines


def keep(lines: Iterable[Line]) -> None:
    """Make these the baseline; measures that were not taken now keep their old figures.

    Leaves out what cannot be compared, and what depends on the embedded cloud's speed: wall times,
    and the units of a mail, which depend on how many messages an invocation happens to get.
    """
    taken = [
        line for line in lines if _comparable(line) is not None and line["unit"] not in OF_ITS_SPEED
    ]
    kept = {line["measure"]: line for line in [*(baseline() if BASELINE.exists() else ()), *taken]}
    rows = ",\n".join(json.dumps(kept[name]) for name in sorted(kept))
    BASELINE.write_text(f"[\n{rows}\n]\n", "utf-8")


def losses(lines: Sequence[Line], than: Iterable[Line]) -> list[str]:
    """Return a sentence for each figure that is worse than the baseline `than`."""
    found = {line["measure"]: line for line in lines}
    return [said for before in than if (said := _loss(found.get(before["measure"]), before))]


def _loss(now: Line | None, before: Line) -> str | None:
    name = before["measure"]
    if now is None:
        return f"{name} was not measured"
    was, is_now = _comparable(before), _comparable(now)
    if was is None or is_now is None:
        return None
    worse = was / is_now - 1 if _more_is_better(before) else is_now / was - 1
    if worse <= TOLERANCE:
        return None
    return f"{name} is {100 * worse:.0f}% worse: {is_now:g} now, {was:g} before"


def _comparable(line: Line) -> float | None:
    value = line["value"] if line["ratio"] is None and line["unit"] in COUNTED else line["ratio"]
    return None if value is None else float(value)


def _more_is_better(line: Line) -> bool:
    return str(line["goal"]).startswith(">=")
