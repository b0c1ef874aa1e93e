"""A provider at a shell: an empty folder, an empty embedded cloud, and `changecast` typed in it."""

import configparser
import csv
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from changecast_local.cloud import Cloud

HUB = "111111111111"
PROGRAM = str(Path(sys.executable).with_name("changecast"))
COLUMNS = ("code", "account", "region", "name", "sender", "timezone", "profile")


@dataclass(frozen=True)
class Shell:
    cloud: Cloud
    folder: Path

    def __call__(self, *words: str, seconds: float = 600) -> subprocess.CompletedProcess[str]:
        plain = {name: value for name, value in os.environ.items() if "AWS_" not in name}
        own = self.cloud.environment(HUB) | {"AWS_CONFIG_FILE": str(self.folder / "aws-config")}
        return subprocess.run(
            [PROGRAM, *words],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env=plain | own | {"COLUMNS": "200"},
            cwd=self.folder,
        )

    def profiles(self, accounts: Mapping[str, str]) -> None:
        """Write the AWS configuration: profile -> account."""
        made = configparser.ConfigParser(interpolation=None)
        for profile, account in accounts.items():
            keys = self.cloud.environment(account)
            made[f"profile {profile}"] = {
                "aws_access_key_id": keys["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": keys["AWS_SECRET_ACCESS_KEY"],
            }
        with (self.folder / "aws-config").open("w") as file:
            made.write(file)

    def role_profile(self, profile: str, source: str, role: str) -> None:
        """Add a profile that takes a role, as people write it by hand."""
        with (self.folder / "aws-config").open("a") as file:
            file.write(
                f"[profile {profile}]\nrole_arn = {role}\nsource_profile = {source}\n"
                "region = eu-central-1\n"
            )

    def customers_csv(self, accounts: Mapping[str, str]) -> None:
        """Write customers.csv: code -> account; the profile has the name of the code."""
        with (self.folder / "customers.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(_row(code, account) for code, account in accounts.items())


def _row(code: str, account: str) -> Iterable[str]:
    name = code.replace("-", " ").title()
    return code, account, "eu-central-1", name, f"changes@{code}.example", "Europe/Madrid", code
