"""`changecast console` as a program of its own, and a person who walks through it in Chromium."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import programs
from tests.support.shell import PROGRAM

SECONDS = 300


@dataclass
class Console:
    """A console that runs, and where it is: first the address that opens once."""

    folder: Path
    address: str

    @property
    def base(self) -> str:
        """The address of the overview; every page of the session lies below it."""
        return "/".join(self.address.split("/")[:4])

    def walk(
        self, *steps: dict[str, str], to: str = "", complaints: int = 0, slow: float = 0.0
    ) -> None:
        """Take steps in Chromium, from where the last walk ended, or from a page of this path.

        `complaints` is how many answers of the browser's console are errors: a refusal is one.
        `slow` is how many seconds late a page's script arrives.
        """
        start = f"{self.base}{to}" if to else self.address
        given = {"address": start, "steps": steps, "wait": SECONDS, "slow": slow}
        walked = programs.node("walk.mjs", given)
        assert len(walked["complaints"]) == complaints, walked["complaints"]
        self.address = walked["address"]


@contextmanager
def running(environment: Mapping[str, str], folder: Path) -> Iterator[Console]:
    """A console of somebody with these variables, started in a folder."""
    plain = {name: value for name, value in os.environ.items() if "AWS_" not in name}
    with subprocess.Popen(
        [PROGRAM, "console", "--no-browser"], stdout=subprocess.PIPE, text=True, cwd=folder,
        env={**plain, **environment},
    ) as program:  # fmt: skip
        assert program.stdout is not None
        try:
            yield Console(folder, program.stdout.readline().split()[-1])
        finally:
            program.terminate()
