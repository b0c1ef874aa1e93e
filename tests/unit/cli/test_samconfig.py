"""samconfig.toml is what the code writes for the three sample customers, and nothing else."""

import tomllib
from pathlib import Path

import pytest

from changecast_cli.deploying.samconfig import (
    CustomerStack,
    HubStack,
    customer_environment,
    hub_environment,
    route_environment,
)

HUB = HubStack("111111111111", "eu-central-1", "changecast-hub")
WRITTEN = tomllib.loads((Path(__file__).parents[3] / "samconfig.toml").read_text("utf-8"))


def customer(code: str, account: str, name: str, zone: str) -> CustomerStack:
    return CustomerStack(
        code,
        account,
        "eu-central-1",
        name,
        f"changes@{code}.example",
        zone,
        "en",
        "service-desk@provider.example",
        f"changecast-{code}",
    )


SAMPLES = [
    customer("acme", "222222222222", "Acme Industries", "Europe/Madrid"),
    customer("globex", "333333333333", "Globex", "Europe/Berlin"),
    customer("initech", "444444444444", "Initech", "America/New_York"),
]


def test_the_hub_environment_lets_every_customer_account_report() -> None:
    accounts = [one.account for one in SAMPLES]
    assert WRITTEN["hub"] == hub_environment(HUB, accounts, ".aws-sam/hub")


@pytest.mark.parametrize("one", SAMPLES, ids=lambda one: one.code)
def test_each_customer_has_an_environment_and_a_route(one: CustomerStack) -> None:
    assert WRITTEN[one.code] == customer_environment(one, HUB, f".aws-sam/{one.code}")
    assert WRITTEN[f"{one.code}-route"] == route_environment(one, HUB)


def test_every_environment_with_code_has_a_build_folder_of_its_own() -> None:
    folders = [
        table["build"]["parameters"]["build_dir"]
        for table in WRITTEN.values()
        if isinstance(table, dict) and "build" in table
    ]
    assert len(folders) == len(set(folders)) == 4
    for table in WRITTEN.values():
        if isinstance(table, dict) and "build" in table:
            deployed = table["deploy"]["parameters"]["template_file"]
            assert deployed == f"{table['build']['parameters']['build_dir']}/template.yaml"
