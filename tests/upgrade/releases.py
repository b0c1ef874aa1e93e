"""Two releases: copies of the project, built and deployed side by side with the same tools."""

import base64
import hashlib
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from shutil import copyfile

import tomlkit

from changecast_cli.deploying import samconfig
from changecast_cli.deploying.sam import program
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.local.stage import HUB
from testbed.package import SIDES

ROOT = Path(__file__).parents[2]
DEPLOYED = ("functions", "hub", "template.yaml")
# Written into an equal release, so that its packages and templates are others.
MARK = "\n# An earlier release.\n"
EARLIER = ('Value: "0.1.0"', 'Value: "0.0.9"')
RUN = "from changecast_cli.main import run; run()"
# Sam processes at once: each of them takes a core for some seconds.
AT_ONCE = 2


class CommandFailed(RuntimeError):
    """A command that must succeed did not."""


@dataclass(frozen=True)
class Release:
    """A copy of the project, a folder with its samconfig.toml and builds, and who types there."""

    name: str
    code: Path
    folder: Path
    keys: Mapping[str, str]

    @property
    def config(self) -> Path:
        """samconfig.toml of this release's copy, as everybody has it there."""
        return self.code / "samconfig.toml"

    def build(self, customer: str) -> None:
        """Build the packages of both sides, as `sam build` does for everybody."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(lambda name: self.sam("build", name), ("hub", customer)))

    def deploy(self, *environments: str) -> None:
        """Deploy environments of samconfig.toml, several at once."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(lambda name: self.sam("deploy", name), environments))

    def sam(self, verb: str, environment: str) -> None:
        """Type `sam VERB --config-env ENVIRONMENT` in this copy."""
        self.line(f"sam {verb} --config-env {environment}")

    def line(self, command: str) -> None:
        """Type a line of the documents in this copy."""
        self._run(["bash", "-ec", command])

    def types(self, *words: str) -> str:
        """Type `changecast WORDS` of this release in this copy; return its output."""
        return self._run([sys.executable, "-c", RUN, *words])

    def digest(self, side: str) -> str:
        """Return the digest of a side's package, as Lambda says it."""
        (package,) = (self.folder / side / "build").glob(f"changecast-{side}-*.zip")
        return base64.b64encode(hashlib.sha256(package.read_bytes()).digest()).decode()

    def _run(self, command: Sequence[str]) -> str:
        plain = {name: value for name, value in os.environ.items() if "AWS_" not in name}
        own = {
            "PYTHONPATH": os.pathsep.join([str(self.code / "functions"), str(self.code)]),
            "PATH": os.pathsep.join([str(Path(program()).parent), os.environ["PATH"]]),
            "PYTHON": sys.executable,
            "SAMCONFIG": str(self.config),
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.5",
            "COLUMNS": "200",
        }
        done = subprocess.run(
            command, cwd=self.code, env=plain | own | dict(self.keys), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=900,
        )  # fmt: skip
        if done.returncode:
            shown = "\n".join([*done.stdout.splitlines()[-20:], *done.stderr.splitlines()[-20:]])
            raise CommandFailed(f"{self.name}: {' '.join(command[2:])}:\n{shown}")
        return done.stdout


def unpack(commit: str, into: Path) -> None:
    """Copy the project as a commit has it."""
    archive = _git("archive", "--format=tar", commit)
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(into, filter="data")


def copy_tree(into: Path) -> None:
    """Copy the project as it is here, with what is not committed yet."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard").decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            copyfile(ROOT / name, into / name)


def commit_of(name: str) -> str:
    """Return the full hash of a commit or tag. Raises CommandFailed."""
    return _git("rev-parse", "--verify", f"{name}^{{commit}}").decode().strip()


def mark_if_equal(earlier: Path, later: Path) -> bool:
    """Make a release another one if it deploys the same; return whether it did."""
    if _deployed(earlier) != _deployed(later):
        return False
    for template in ("template.yaml", "hub/template.yaml"):
        text = (earlier / template).read_text("utf-8")
        (earlier / template).write_text(text.replace(*EARLIER), "utf-8")
    for module in ("changecast/__init__.py",):
        with (earlier / "functions" / module).open("a", encoding="utf-8") as file:
            file.write(MARK)
    return True


def _deployed(code: Path) -> dict[str, bytes]:
    files = [found for name in DEPLOYED for found in [code / name, *(code / name).rglob("*")]]
    return {str(each.relative_to(code)): each.read_bytes() for each in files if each.is_file()}


def write_samconfig(release: Release, customers: Sequence[CustomerStack]) -> None:
    """Write every deploy argument; both releases deploy with the same ones."""
    tables: dict[str, object] = {"version": 0.1}
    accounts = [customer.account for customer in customers]
    builds = {side: str(release.folder / side / "build") for side in SIDES}
    tables["hub"] = samconfig.hub_environment(HUB, accounts, builds["hub"])
    for customer in customers:
        own = samconfig.customer_environment(customer, HUB, builds["customer"])
        tables[customer.code] = own
        tables[f"{customer.code}-route"] = samconfig.route_environment(customer, HUB)
    release.config.write_text(tomlkit.dumps(tables), "utf-8")


def _git(*words: str) -> bytes:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=False)
    if done.returncode:
        raise CommandFailed(f"git {' '.join(words)}: {done.stderr.decode().strip()}")
    return done.stdout
