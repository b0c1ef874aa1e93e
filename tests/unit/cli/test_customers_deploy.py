"""One customer's fault stops no other: neither in the deploy nor in the build before it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
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
    with deploy.built(CONFIG, CUSTOMERS) as template:
        assert tried == ["acme", "globex"]
        assert "globex" in str(template)


def test_where_nobody_can_be_built_nobody_is_deployed(tried: list[str]) -> None:
    with (
        pytest.raises(Failed, match="No customer's account was changed"),
        deploy.built(CONFIG, CUSTOMERS[:1]),
    ):
        pass


def test_a_second_command_waits_until_the_first_has_built_and_deployed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """sam empties the build folder first, so a build beside another one, or beside a deployment
    of what it built, breaks both."""
    calls: list[str] = []
    began = threading.Event()

    def run(_: Any, verb: str, job: Any) -> None:
        calls.append(f"{verb} {job.environment} begins")
        began.set()
        time.sleep(0.05)
        calls.append(f"{verb} {job.environment} ends")

    monkeypatch.setattr(deploy, "run", run)
    monkeypatch.setattr(deploy, "repository", lambda: tmp_path)
    monkeypatch.setattr(deploy, "update_hub", lambda _: [])
    monkeypatch.setattr(deploy, "hub_session", lambda _: None)
    monkeypatch.setattr(deploy, "session_of", lambda _: None)
    monkeypatch.setattr(deploy, "adopting", lambda _: lambda _: None)
    monkeypatch.setattr(deploy, "clear_failed_create", lambda *_: None)
    monkeypatch.setattr(deploy, "deploy_without_code", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(deploy.deploy_all, CONFIG, CUSTOMERS[:1])
        assert began.wait(5)
        again = threads.submit(deploy.deploy_all, CONFIG, CUSTOMERS[:1])
        assert not [each.fault for each in (*first.result(), *again.result()) if each.fault]
    once = [f"{verb} acme {what}" for verb in ("build", "deploy") for what in ("begins", "ends")]
    assert calls == once * 2
    said = " ".join(capfd.readouterr().err.split())
    assert said.count(f"Another command builds or deploys acme from {tmp_path}: waiting") == 1


def test_commands_for_different_customers_do_not_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    both = threading.Barrier(2, timeout=5)
    monkeypatch.setattr(deploy, "run", lambda *_: both.wait())
    monkeypatch.setattr(deploy, "repository", lambda: tmp_path)
    monkeypatch.chdir(tmp_path)

    def built(customers: list[Any]) -> str:
        with deploy.built(CONFIG, customers) as template:
            return template.parent.name

    with ThreadPoolExecutor() as threads:
        names = list(threads.map(built, [CUSTOMERS[:1], CUSTOMERS[1:2]]))
    assert names == ["acme", "globex"]
    assert "waiting" not in capfd.readouterr().err
