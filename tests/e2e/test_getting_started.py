"""The page docs/getting-started.md, typed exactly as printed in an empty folder."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "getting-started.md"
PROGRAMS = Path(sys.executable).parent
_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks() -> list[str]:
    return _BLOCK.findall(PAGE.read_text("utf-8"))


def bash(script: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """A shell without any AWS settings, like a new user's."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=plain | {"PATH": path, "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    bash("changecast local down", tmp_path)


@pytest.mark.slow
def test_every_block_works_in_the_order_of_the_page(folder: Path) -> None:
    done = typed(blocks(), folder)
    assert everybody_is_told(done)
    assert "1 of 1 customer deployed" in done.stdout
    assert "2 of 2 customers deployed" in done.stdout


@pytest.mark.heavy
def test_each_stack_fails_once_and_the_page_works_twice_from_empty_accounts(folder: Path) -> None:
    """The same command again is what a person types where a deployment fails."""
    first, *others = blocks()
    done = typed([first, EACH_STACK_FAILS_ONCE, AGAIN, *others], folder)
    assert everybody_is_told(done)
    for stack in STACKS:  # by sam, or by CloudFormation's API
        said = (
            f"create/update the stack: {stack},",
            f"an earlier attempt to create stack {stack} failed",
        )
        assert any(each in done.stderr for each in said)
    # A folder of its own: the first one's samconfig.toml knows what the page changes at its end.
    second = folder / "second"
    second.mkdir()
    assert everybody_is_told(typed(blocks(), second))


# (account, stack, the resource whose creation fails)
STACKS = {
    "changecast-hub": ("111111111111", 9),
    "changecast": ("222222222222", 25),
    "changecast-route-acme": ("111111111111", 3),
}
EACH_STACK_FAILS_ONCE = f"""{sys.executable} - <<'END'
from changecast_cli.local.process import running
for stack, (account, number) in {STACKS!r}.items():
    running().cloud.add_fault(account, "create_fails", stack=stack, every=number, times=1)
END
"""
AGAIN = """changecast() {
  for _ in 1 2 3; do
    command changecast "$@" && return 0
    [[ " $* " == *" --deploy "* ]] || return 1
  done
  command changecast "$@"
}
"""


def typed(scripts: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    """Type these in turn; none may fail."""
    timed = "".join(
        f"echo '== block {number}' \"at $SECONDS s\" >&2\n{script}"
        for number, script in enumerate(scripts, 1)
    )
    done = bash(f"set -euo pipefail\n{timed}", folder)
    sys.stderr.write(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def everybody_is_told(done: "subprocess.CompletedProcess[str]") -> bool:
    """Whether both people of acme have the page's mail."""
    told = [line for line in done.stdout.splitlines() if line.startswith("acme ")]
    return any("Replace the VPN" in line and " 2 " in line for line in told)
