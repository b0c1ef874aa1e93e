"""`python -m tests.fuzz DOOR SECONDS`: atheris throws documents at one door; a crash ends it.

What it found lies in build/fuzz and plays again with `python -m tests.fuzz DOOR 0 FILE`.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

ROOT = Path(__file__).parents[2]
FOUND = ROOT / "build" / "fuzz"
# An input of this many bytes, and as many seconds for one (on a busy machine): more is a bomb.
LONGEST, SLOWEST = 4_096, 30

with atheris.instrument_imports(include=["changecast"]):
    from tests.fuzz.doors import DOORS
    from tests.fuzz.spoil import spoilt


def main() -> None:
    """Fuzz one door; never returns where atheris finds something."""
    name, seconds, *files = sys.argv[1:]
    door, samples = DOORS[name]
    documents = [json.loads((ROOT / sample).read_text("utf-8")) for sample in samples]
    corpus = FOUND / f"{name}-corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={SLOWEST}",
        f"-artifact_prefix={FOUND}/{name}-", "-print_final_stats=1", "-rss_limit_mb=2048",
    ]  # fmt: skip
    arguments = [sys.argv[0], *options, *(files or [str(corpus)])]
    atheris.Setup(arguments, lambda data: _throw(data, door, documents))
    atheris.Fuzz()


def _throw(data: bytes, door: Callable[[bytes], None], documents: list[Any]) -> None:
    """Half of the inputs are raw text, half are a good document with errors."""
    dice = atheris.FuzzedDataProvider(data)
    if dice.ConsumeBool():
        door(dice.ConsumeBytes(LONGEST))
    else:
        document = documents[dice.ConsumeIntInRange(0, len(documents) - 1)]
        door(spoilt(document, dice))


if __name__ == "__main__":
    main()
