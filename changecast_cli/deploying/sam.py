"""Runs `sam build` and `sam deploy`, side by side, and keeps what they print."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from changecast_cli.failures import Failed

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 3
_LAST_LINES = 15


@dataclass(frozen=True)
class Job:
    """One call of sam. `credentials` are environment variables of the account that it is for.

    `template` is a built template to deploy instead of the environment's own: customers share one.
    """

    environment: str
    credentials: Mapping[str, str]
    template: Path | None = None


@dataclass(frozen=True)
class Sam:
    """Where sam works: the samconfig.toml that it reads, and a folder for its output."""

    config: Path
    logs: Path


def repository() -> Path:
    """The checkout that has the templates; Failed where the package was installed without one."""
    if not (ROOT / "template.yaml").exists():
        raise Failed("the templates are not here: run this in a checkout of the repository")
    return ROOT


def build(sam: Sam, jobs: Iterable[Job]) -> None:
    """`sam build` for every job; Failed with the last lines of the first that breaks."""
    _side_by_side(sam, "build", jobs)


def deploy(sam: Sam, jobs: Iterable[Job]) -> None:
    """`sam deploy` for every job; Failed with the last lines of the first that breaks."""
    _side_by_side(sam, "deploy", jobs)


def _side_by_side(sam: Sam, verb: str, jobs: Iterable[Job]) -> None:
    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        list(threads.map(lambda job: run(sam, verb, job), jobs))


def run(sam: Sam, verb: str, job: Job) -> None:
    """One `sam build` or `sam deploy`; Failed with its last lines where it breaks."""
    log = sam.logs / f"{verb}-{job.environment}.log"
    command = [_program(), verb, "--config-file", str(sam.config.resolve()), "--config-env",
               job.environment]  # fmt: skip
    if job.template:
        command += ["--template-file", str(job.template)]
    environ = {
        "SAM_CLI_POLL_DELAY": "0.5",
        **os.environ,
        **job.credentials,
        "SAM_CLI_TELEMETRY": "0",
    }
    with log.open("wb") as output:
        ended = subprocess.run(  # noqa: S603 - our own arguments only
            command,
            cwd=repository(),
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ended.returncode:
        last = log.read_text("utf-8", "replace").strip().splitlines()[-_LAST_LINES:]
        told = "\n  ".join(last)
        raise Failed(f"sam {verb} --config-env {job.environment} failed ({log}):\n  {told}")


def _program() -> str:
    beside = Path(sys.executable).with_name("sam")
    found = str(beside) if beside.exists() else shutil.which("sam")
    if not found:
        raise Failed("the program sam is not installed (pip install aws-sam-cli)")
    return found
