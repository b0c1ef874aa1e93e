"""A provider at a shell: an empty folder, an empty embedded cloud, and `changecast` typed in it."""

import configparser
import csv
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from changecast_cli.local.deployer import (
    CUSTOMER_POLICIES,
    HUB_POLICIES,
    customer_engineer,
    deployer,
    hub_engineer,
)
from changecast_local.cloud import Cloud

HUB, REGION = "111111111111", "eu-central-1"
ENGINEERS, DEPLOYERS = "aws-config", "aws-config-of-deployers"
ROOT = "-root"
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
PROGRAM = str(Path(sys.executable).with_name("changecast"))
COLUMNS = ("code", "account", "region", "name", "sender", "timezone", "profile", "alarm_topic")


@dataclass(frozen=True)
class Shell:
    cloud: Cloud
    folder: Path

    def __call__(self, *words: str, seconds: float = 600) -> subprocess.CompletedProcess[str]:
        """Type a command as somebody who may deploy and operate by docs/policies/, and no more."""
        keys = hub_engineer(self.cloud, HUB, REGION, ["AlertEmail"])
        return self._typed(words, keys, ENGINEERS, seconds)

    def deploys(self, *words: str, seconds: float = 600) -> subprocess.CompletedProcess[str]:
        """Type a command as somebody who may deploy by docs/policies/, and nothing else."""
        keys = deployer(self.cloud, HUB, HUB_POLICIES, REGION, ["AlertEmail"])
        return self._typed(words, keys, DEPLOYERS, seconds)

    def _typed(
        self, words: Iterable[str], keys: Mapping[str, str], config: str, seconds: float
    ) -> subprocess.CompletedProcess[str]:
        plain = {name: value for name, value in os.environ.items() if "AWS_" not in name}
        own = {**keys, "AWS_CONFIG_FILE": str(self.folder / config), "COLUMNS": "200"}
        return subprocess.run(
            [PROGRAM, *words],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env=plain | own,
            cwd=self.folder,
        )

    def profiles(self, accounts: Mapping[str, str]) -> None:
        """Write the AWS configurations, of engineers and of deployers: profile -> account."""
        self._write(ENGINEERS, {
            each: customer_engineer(self.cloud, account, REGION)
            for each, account in accounts.items()
        } | {
            f"{each}{ROOT}": self.cloud.environment(account)
            for each, account in accounts.items()
        })  # fmt: skip
        self._write(DEPLOYERS, {
            each: deployer(self.cloud, account, CUSTOMER_POLICIES, REGION)
            for each, account in accounts.items()
        })  # fmt: skip

    def _write(self, config: str, keys: Mapping[str, Mapping[str, str]]) -> None:
        made = configparser.ConfigParser(interpolation=None)
        for profile, variables in keys.items():
            made[f"profile {profile}"] = {
                name.lower(): variables[name] for name in CREDENTIALS if name in variables
            }
        with (self.folder / config).open("w") as file:
            made.write(file)

    def role_profile(self, profile: str, source: str, role: str) -> None:
        """Add a profile that takes a role from the account's administrator, written by hand."""
        with (self.folder / ENGINEERS).open("a") as file:
            file.write(
                f"[profile {profile}]\nrole_arn = {role}\nsource_profile = {source}{ROOT}\n"
                "region = eu-central-1\n"
            )

    def customers_csv(self, accounts: Mapping[str, str]) -> None:
        """Write customers.csv: code -> account; the profile has the name of the code.

        Each account has its topic for alarms, as alerts.md says.
        """
        for account in accounts.values():
            make_alarm_topic(self.cloud, account)
        with (self.folder / "customers.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(_row(code, account) for code, account in accounts.items())


def _row(code: str, account: str) -> Iterable[str]:
    name = code.replace("-", " ").title()
    return (code, account, "eu-central-1", name, f"changes@{code}.example", "Europe/Madrid", code,
            alarm_topic(account))  # fmt: skip


def alarm_topic(account: str) -> str:
    """The topic that a customer's alarms publish to."""
    return f"arn:aws:sns:eu-central-1:{account}:changecast-alarms"


def make_alarm_topic(cloud: Cloud, account: str, region: str = REGION) -> str:
    """Create the topic of an account's alarms, and subscribe somebody; return its ARN."""
    sns = cloud.session(account, region).client("sns")
    topic = sns.create_topic(Name="changecast-alarms")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@acme.example")
    return topic
