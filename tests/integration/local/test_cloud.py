"""The embedded cloud from outside: starting, stopping, attaching, and what it leaves behind."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from changecast_local.cloud import Cloud, CloudUnreachable, attach, running
from tests.integration.local import stage

ROOT = Path(__file__).parents[3]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Cloud]]:
    """A cloud in a process of its own."""
    state = tmp_path / "state.json"
    command = [sys.executable, "-m", "changecast_local", "--state", str(state)]
    log = ["--log", str(tmp_path / "log")]
    with subprocess.Popen([*command, *log], cwd=ROOT) as started:
        try:
            stage.eventually(state.exists, seconds=30)
            told = json.loads(state.read_text("utf-8"))
            assert told["pid"] == started.pid
            yield started, attach(told["endpoint"])
        finally:
            started.kill()


def children_of(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, check=False
    )
    return [int(word) for word in found.stdout.split()]


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Closes the clients of a test."""
    with ExitStack() as stack:
        yield stack


def make_probe(cloud: Cloud, opened: ExitStack, source: str, **config: Any) -> stage.Account:
    """An account with a function `probe` whose role has no rights."""
    account = stage.Account(cloud, "111111111111", opened)
    stage.make_function(account, "probe", source, stage.make_role(account, "r"), **config)
    return account


def test_starting_and_stopping_changes_nothing_of_the_callers_process() -> None:
    environment, handlers = dict(os.environ), logging.getLogger().handlers[:]
    level, folder = logging.getLogger().level, Path.cwd()
    with running() as cloud:
        assert cloud.endpoint.startswith("http://127.0.0.1:")
        assert dict(os.environ) == environment
    assert dict(os.environ) == environment
    assert logging.getLogger().handlers == handlers
    assert (logging.getLogger().level, Path.cwd()) == (level, folder)


def test_a_second_start_begins_with_nothing_of_the_first(opened: ExitStack) -> None:
    for _ in range(2):
        with running() as cloud:
            sqs = stage.Account(cloud, "111111111111", opened).client("sqs")
            assert sqs.list_queues().get("QueueUrls", []) == []
            assert sqs.create_queue(QueueName="q")["QueueUrl"].startswith(cloud.endpoint)
            assert cloud.mails() == cloud.faults() == []
            cloud.add_fault("111111111111", "paused")


def test_two_in_one_process_are_refused() -> None:
    with running(), pytest.raises(RuntimeError, match="already"), running():
        pass


def test_a_port_that_is_taken_is_an_error_and_the_next_start_works() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"), running(port=taken.getsockname()[1]):
            pass
    with running() as cloud:
        assert cloud.ask("GET", "health")["auth"] is True


def test_it_listens_on_the_loopback_address_only() -> None:
    with running() as cloud:
        port = int(cloud.endpoint.rsplit(":", 1)[1])
        with socket.socket() as everywhere, pytest.raises(ConnectionRefusedError):
            everywhere.connect(("127.0.0.2", port))


WHO = "import os, time\ndef handler(e, c): time.sleep(e or 0); return os.getpid()"


def test_nothing_on_disk_and_no_process_outlives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: ExitStack
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with running() as cloud:
        worker, _ = stage.invoke(make_probe(cloud, opened, WHO), "probe")
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_stopping_does_not_wait_for_a_function_that_runs(opened: ExitStack) -> None:
    with running() as cloud:
        here = make_probe(cloud, opened, WHO, Timeout=60)
        worker, _ = stage.invoke(here, "probe", 0)
        here.client("lambda").invoke(FunctionName="probe", InvocationType="Event", Payload=b"50")
        stage.eventually(lambda: cloud.ask("GET", "health")["workers"]["idle"] == 0)
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 40
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_without_auth_a_role_that_may_nothing_does_everything(opened: ExitStack) -> None:
    source = stage.BORROWED + "import boto3\ndef handler(e, c): boto3.client('sqs').list_queues()"
    for auth, error in ((True, "Unhandled"), (False, None)):
        with running(auth=auth) as cloud:
            assert stage.invoke(make_probe(cloud, opened, source), "probe")[1] == error


def test_the_environment_of_an_account_is_all_that_a_tool_needs() -> None:
    with running() as cloud:
        script = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
        told = subprocess.run(
            [sys.executable, "-c", script],
            env=cloud.environment("222222222222"),
            capture_output=True,
            text=True,
            check=True,
        )
    assert told.stdout.strip() == "222222222222"


def test_faults_and_mails_are_asked_over_the_control_api() -> None:
    with running() as cloud:
        here = attach(cloud.endpoint + "/")
        fault = here.add_fault("222222222222", "throttle", times=1)
        assert (fault["kind"], fault["times"]) == ("throttle", 1)
        assert [each["kind"] for each in here.faults("222222222222")] == ["throttle"]
        assert here.faults("333333333333") == []
        here.clear_faults("222222222222")
        assert here.faults() == here.mails("222222222222") == []
        with pytest.raises(ValueError, match="kind"):
            here.add_fault("222222222222", "nonsense")
        assert here.ask("GET", "environment", {"account": "222222222222"}) == (
            cloud.environment("222222222222")
        )
        with pytest.raises(ValueError, match="unknown request"):
            here.ask("GET", "nonsense")


def test_nobody_is_there_to_attach_to() -> None:
    with pytest.raises(CloudUnreachable, match=r"127\.0\.0\.1:9"):
        attach("http://127.0.0.1:9")


def test_a_log_file_is_written_when_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(log=log) as cloud:
        cloud.ask("GET", "health")
    assert "Running on http://127.0.0.1" in log.read_text("utf-8")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_of_its_own_stops_cleanly_with_its_functions(
    process: tuple[subprocess.Popen[bytes], Cloud],
    number: signal.Signals,
    tmp_path: Path,
    opened: ExitStack,
) -> None:
    started, cloud = process
    worker, _ = stage.invoke(make_probe(cloud, opened, WHO), "probe")
    assert worker in children_of(started.pid)
    started.send_signal(number)
    assert started.wait(timeout=120) == 0
    assert not (tmp_path / "state.json").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    with pytest.raises(CloudUnreachable):
        attach(cloud.endpoint)


def test_functions_end_by_themselves_when_their_cloud_is_killed(
    process: tuple[subprocess.Popen[bytes], Cloud], opened: ExitStack
) -> None:
    started, cloud = process
    worker, _ = stage.invoke(make_probe(cloud, opened, WHO), "probe")
    started.kill()
    started.wait()
    stage.eventually(lambda: worker not in running_processes())


def running_processes() -> list[int]:
    """Processes that run; one that ended and was not yet waited for by init is not among them."""
    command = ["ps", "-A", "-o", "pid=,stat="]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split() for line in found.stdout.splitlines()]
    return [int(pid) for pid, state in lines if not state.startswith("Z")]


def test_two_clouds_in_two_processes_do_not_meet(
    process: tuple[subprocess.Popen[bytes], Cloud], opened: ExitStack
) -> None:
    with running() as here:
        ours, theirs = (
            stage.Account(cloud, "111111111111", opened).client("sqs")
            for cloud in (here, process[1])
        )
        ours.create_queue(QueueName="q")
        assert theirs.list_queues().get("QueueUrls", []) == []
