"""`python -m tests.fuzz DOOR SECONDS`: atheris throws documents at one door; a crash ends it.

What it found lies in build/fuzz and plays again with `python -m tests.fuzz DOOR 0 FILE`.
`python -m tests.fuzz DOOR,DOOR SECONDS` fuzzes several doors at once. Each has a process of its
own, whose output is in build/fuzz/DOOR.log; all exit codes are printed, as JSON.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import atheris

ROOT = Path(__file__).parents[2]
FOUND = ROOT / "build" / "fuzz"
# An input of this many bytes, and as many seconds for one (on a busy machine): more is a bomb.
LONGEST, SLOWEST = 4_096, 30

with atheris.instrument_imports(include=["changecast"]):
    from tests.fuzz.doors import DOORS
    from tests.fuzz.spoil import spoilt


def main() -> None:
    """Fuzz one door, or several side by side."""
    names, seconds, *files = sys.argv[1:]
    if "," in names:
        print(json.dumps(side_by_side(names.split(","), seconds)))
    else:
        fuzz(names, seconds, files)


def side_by_side(names: list[str], seconds: str) -> dict[str, int]:
    """Fuzz each door in a copy of this process; importing with instruments takes seconds."""
    FOUND.mkdir(parents=True, exist_ok=True)
    children = {os.fork() or _fuzz_in_child(name, seconds): name for name in names}
    ended = (os.wait() for _ in children)
    return {children[process]: os.waitstatus_to_exitcode(status) for process, status in ended}


def _fuzz_in_child(name: str, seconds: str) -> NoReturn:
    with (FOUND / f"{name}.log").open("wb") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    fuzz(name, seconds, [])


def fuzz(name: str, seconds: str, files: list[str]) -> NoReturn:
    """Fuzz one door. Atheris ends the process, with 0 if it found nothing."""
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
    raise AssertionError("atheris ends the process")


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
