"""Run `sam build` and `sam deploy` in parallel, and keep their output."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from changecast_cli.deploying.installed import installed_checkout
from changecast_cli.deploying.samconfig_file import built_template, read
from changecast_cli.failures import Failed

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 3
_LAST_LINES = 15


@dataclass(frozen=True)
class SamCall:
    """One call of sam. `credentials` are the environment variables for its account.

    `template` is a built template to deploy instead of the environment's own: customers share one.
    """

    environment: str
    credentials: Mapping[str, str]
    template: Path | None = None


@dataclass(frozen=True)
class Sam:
    """sam's workplace: the samconfig.toml that it reads, and a folder for its output."""

    config: Path
    logs: Path


def repository() -> Path:
    """Return the folder that sam builds in: the checkout, or a copy of what was installed."""
    return ROOT if (ROOT / "template.yaml").exists() else installed_checkout()


def build(sam: Sam, jobs: Iterable[SamCall]) -> None:
    """Run `sam build` for every job; Failed has the last lines of the first that fails."""
    _side_by_side(sam, "build", jobs)


def deploy(sam: Sam, jobs: Iterable[SamCall]) -> None:
    """Run `sam deploy` for every job; Failed has the last lines of the first that fails."""
    _side_by_side(sam, "deploy", jobs)


def _side_by_side(sam: Sam, verb: str, jobs: Iterable[SamCall]) -> None:
    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        list(threads.map(lambda job: run(sam, verb, job), jobs))


def run(sam: Sam, verb: str, job: SamCall) -> None:
    """Run one `sam build` or `sam deploy`; Failed has its last lines."""
    log = sam.logs / f"{verb}-{job.environment}.log"
    command = [program(), verb, "--config-file", str(sam.config.resolve()), "--config-env",
               job.environment]  # fmt: skip
    if job.template:
        command += ["--template-file", str(job.template)]
    environ = {
        "SAM_CLI_POLL_DELAY": "0.5",
        "SAMCONFIG": str(sam.config.resolve()),  # functions/Makefile packs for what it names
        **os.environ,
        **job.credentials,
        "SAM_CLI_TELEMETRY": "0",
    }
    folder = repository()
    if folder != ROOT:  # functions/Makefile finds a checkout's own interpreter
        environ.setdefault("PYTHON", sys.executable)
    with log.open("wb") as output:
        ended = subprocess.run(  # noqa: S603 - our own arguments only
            command,
            cwd=folder,
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
    if verb == "build":
        write_as_json(folder / built_template(read(sam.config), job.environment))


def write_as_json(template: Path) -> None:
    """Write a built template as JSON, which is YAML too, under the same name.

    `sam deploy` reads the file about ten times, and takes a second less for JSON. PyYAML comes with
    sam; where sam has an environment of its own, the file stays as it is.
    """
    if find_spec("yaml"):
        import yaml  # noqa: PLC0415 - only where sam is

        document = yaml.safe_load(template.read_text("utf-8"))
        template.write_text(json.dumps(document, indent=1), "utf-8")


def program() -> str:
    """Return sam's path; Failed if it is not installed."""
    beside = Path(sys.executable).with_name("sam")
    found = str(beside) if beside.exists() else shutil.which("sam")
    if not found:
        raise Failed("the program sam is not installed (pip install aws-sam-cli)")
    return found
