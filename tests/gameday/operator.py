"""A person on call with the rights of docs/policies: keys, profiles, samconfig.toml, a terminal."""

import configparser
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from changecast_cli.deploying import samconfig_file
from changecast_cli.doctor.customer import examine_hub
from changecast_cli.doctor.look import look_at
from changecast_cli.doctor.verdicts import Level, Verdict
from changecast_cli.local.deployer import customer_engineer, hub_engineer
from changecast_cli.local.stage import HUB
from tests.support.provider import Provider
from tests.support.shell import CREDENTIALS

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "runbook"
PROGRAMS = Path(sys.executable).parent
DOCTOR = "changecast doctor"
# The AWS configurations of an operator, and of an administrator whom the operator asks.
OWN, ADMINISTRATORS = "aws-config", "aws-config-of-administrators"
FOR_ADMINISTRATORS = "An administrator of account"


@dataclass
class Operator:
    provider: Provider
    folder: Path
    code: str
    keys: Mapping[str, str]

    @classmethod
    def on_call(cls, provider: Provider, folder: Path, code: str) -> "Operator":
        """An operator whose folder has samconfig.toml, and whose configuration has the profiles."""
        text = (provider.folder / "sam" / "samconfig.toml").read_text("utf-8")
        for customer in provider.stage.customers:
            at, profile = (customer.account, customer.region), f"changecast-{customer.code}"
            _add_profile(folder / OWN, profile, customer_engineer(provider.cloud, *at))
            _add_profile(folder / ADMINISTRATORS, profile, provider.cloud.environment(*at))
            text = samconfig_file.with_setting(text, customer.code, "profile", profile)
        (folder / "samconfig.toml").write_text(text, "utf-8")
        (folder / "bin").mkdir()
        aws = folder / "bin" / "aws"
        aws.write_text(
            f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.support.aws_command '
            '"$@"\n'
        )
        aws.chmod(0o755)
        keys = hub_engineer(provider.cloud, HUB.account, HUB.region, ["AlertEmail"])
        return cls(provider, folder, code, keys)

    def types(self, commands: str, config: str = OWN) -> str:
        """Type commands, answer every question with y, and return what the terminal showed."""
        status, shown = self._typed(commands, config)
        assert status == 0, shown
        return shown

    def obeys(self, verdict: Verdict) -> str:
        """Type a verdict's fix, or let an administrator of the account type it if it says so."""
        return self._fixes(verdict.reason, verdict.fix)

    def _fixes(self, reason: str, fix: str) -> str:
        return self.types(fix, ADMINISTRATORS if FOR_ADMINISTRATORS in reason else OWN)

    def _typed(self, commands: str, config: str = OWN) -> tuple[int, str]:
        plain = {name: value for name, value in os.environ.items() if "AWS_" not in name}
        mine, theirs = pty.openpty()
        os.write(mine, b"y\ny\ny\n")
        try:
            done = subprocess.run(
                ["bash", "-c", f"set -euo pipefail\n{commands}"],
                cwd=self.folder,
                env=plain | dict(self.keys) | self._settings(config),
                stdin=theirs,
                capture_output=True,
                text=True,
                timeout=400,
                check=False,
            )
        finally:
            os.close(mine)
            os.close(theirs)
        return done.returncode, f"$ {commands}\n{done.stdout}{done.stderr}"

    def _settings(self, config: str) -> dict[str, str]:
        programs = (str(self.folder / "bin"), str(PROGRAMS), os.environ["PATH"])
        return {
            "PATH": os.pathsep.join(programs),
            "AWS_CONFIG_FILE": str(self.folder / config),
            "COLUMNS": "200",
        }

    def follows(self, page: str, change_id: str = "", file: str = "", address: str = "") -> str:
        """Do what a page's section Fix says: its commands, and those of the doctor it asks for."""
        shown = ""
        for line in commands_of(page):
            command = line
            names = {
                "CHANGE_ID": change_id, "CODE": self.code, "FILE": file, "ADDRESS": address,
            }  # fmt: skip
            for placeholder, value in names.items():
                command = re.sub(rf"\b{placeholder}\b", value, command)
            shown += self._obeys(command) if command.startswith(DOCTOR) else self.types(command)
        return shown

    def _obeys(self, doctor: str) -> str:
        """Ask the doctor, and type the command of every verdict that is not ok."""
        _, shown = self._typed(f"{doctor} --dns skip --json")
        answer = json.loads(shown[shown.index("{") : shown.rindex("}") + 1])
        ill = [one for each in answer["verdicts"].values() for one in each if one["level"] != "ok"]
        assert ill, f"the doctor finds nothing: {shown}"
        fixes = {one["fix"]: one["reason"] for one in ill}
        return "".join(self._fixes(reason, fix) for fix, reason in fixes.items())

    def problems(self) -> dict[str, Verdict]:
        """Return the doctor's verdicts of one customer and the hub that are not ok, by check.

        Its requests do not count against SES's limit: the operator's own ones do.
        """
        hub = self.provider.cloud.session(HUB.account)
        config = samconfig_file.read(self.folder / "samconfig.toml")
        customer = samconfig_file.customers_in(config)[self.code]
        found = look_at(hub, customer, lambda one: self.provider.preparing(one.code), None)
        found += examine_hub(hub)
        return {each.check: each for each in found if each.level is not Level.OK}


def _add_profile(file: Path, profile: str, keys: Mapping[str, str]) -> None:
    profiles = configparser.ConfigParser(interpolation=None)
    known = (name for name in CREDENTIALS if name in keys)
    profiles[f"profile {profile}"] = {name.lower(): keys[name] for name in known}
    with file.open("a") as text:
        profiles.write(text)


def commands_of(page: str) -> list[str]:
    """The commands of a page's section Fix, one after the other."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    section = text.split("## Fix\n", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    assert lines, f"{page} says what to do in no block of sh"
    return lines
