"""One customer's fault stops no other: neither in the deploy nor in the build before it."""

from pathlib import Path
from typing import Any

import pytest

from changecast_cli.customers import deploy
from changecast_cli.deploying import samconfig_file
from changecast_cli.failures import Failed
from testbed.expand import ROOT

CONFIG = ROOT / "samconfig.toml"
CUSTOMERS = [*samconfig_file.customers_in(samconfig_file.read(CONFIG)).values()]


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The environments that sam was run for; it breaks for acme."""
    ran: list[str] = []

    def run(sam: Any, verb: str, job: Any) -> None:
        ran.append(job.environment)
        if job.environment == "acme":
            raise Failed("The config profile (changecast-acme) could not be found")

    monkeypatch.setattr(deploy, "run", run)
    monkeypatch.chdir(tmp_path)
    return ran


def test_a_customer_that_cannot_be_built_leaves_it_to_the_next(tried: list[str]) -> None:
    template = deploy.build(CONFIG, CUSTOMERS)
    assert tried == ["acme", "globex"]
    assert "globex" in str(template)


def test_where_nobody_can_be_built_nobody_is_deployed(tried: list[str]) -> None:
    with pytest.raises(Failed, match="No customer's account was changed"):
        deploy.build(CONFIG, CUSTOMERS[:1])
