"""Functions whose package has boto3: forks of a process that imported it, else as every start."""

import io
import os
import signal
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from changecast_local.lambdas import pool as pools
from changecast_local.lambdas.pool import Pool
from changecast_local.lambdas.worker import ISOLATED

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not ISOLATED, reason="elsewhere every function starts by itself"
)

SDK = "import os\nimported_in = os.getpid()\n"
ENVIRONMENT = {"_HANDLER": "main.handler", "LANG": "en_US.UTF-8", "PATH": "/bin", "TZ": ":UTC"}
TELL = """
import os, sys, time
import boto3
imported_in = os.getpid()
at_import = dict(os.environ)
def handler(event, context):
    if event == "die": os._exit(3)
    print("said", event)
    return {
        "pid": os.getpid(), "own": imported_in, "sdk": boto3.imported_in,
        "session": os.getsid(0), "environment": at_import, "folder": os.getcwd(),
        "first": sys.path[0], "zone": time.tzname,
        "descriptors": sorted(map(int, os.listdir("/proc/self/fd"))),
    }
"""
LAMBDAS = dict.fromkeys(
    (
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
    ),
    "1",
)  # fmt: skip


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    pool = Pool(6, tmp_path)
    yield pool
    pool.close()


def package(source: str = TELL, sdk: str = SDK) -> bytes:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(zipfile.ZipInfo("main.py"), source)  # which has no time
        archive.writestr(zipfile.ZipInfo("boto3/__init__.py"), sdk)
    return code.getvalue()


def invoke(pool: Pool, key: str, event: Any = None, code: bytes = b"", **variables: str) -> Any:
    """The answer of a function that has these variables, and what it logged as `log`."""
    message = {"event": event, "request_id": "r", "trace_id": "t", "arn": "a"}
    with pool.worker(key, code or package(), ENVIRONMENT | LAMBDAS | variables) as worker:
        answer = worker.invoke(message | {"deadline": time.time() + 60})
        return answer | {"log": worker.log()}


def test_functions_of_a_package_share_the_import_of_boto3_and_nothing_of_their_own(
    pool: Pool,
) -> None:
    one, two = (invoke(pool, key)["result"] for key in ("one", "two"))

    assert one["sdk"] == two["sdk"] not in {one["pid"], two["pid"]}
    assert (one["own"], two["own"]) == (one["pid"], two["pid"])
    assert one["pid"] != two["pid"]


def test_another_package_has_another_parent(pool: Pool) -> None:
    one = invoke(pool, "one")["result"]
    other = invoke(pool, "other", code=package(TELL + "\n"))["result"]

    assert one["sdk"] != other["sdk"]


def test_a_fork_has_the_environment_of_a_start_when_it_imports_its_handler(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "1")
    invoke(pool, "one", OF_ANOTHER="1")
    found = invoke(pool, "two", OWN="yes", TZ="XYZ-3")["result"]

    environment = found["environment"]
    assert environment["OWN"] == "yes"
    assert {"OF_ANOTHER", "SECRET_OF_THE_CALLER"} & {*environment} == set()
    assert found["zone"][0] == "XYZ"
    assert found["folder"] == found["first"] == environment["LAMBDA_TASK_ROOT"]


def test_a_fork_leads_its_own_session_and_has_no_open_file_of_another(pool: Pool) -> None:
    invoke(pool, "one")
    found = invoke(pool, "two")["result"]

    assert found["session"] == found["pid"]
    # Its three streams, the pipe for answers, and the folder that it lists.
    assert len(found["descriptors"]) == 5


def test_what_a_fork_prints_is_in_its_own_log(pool: Pool) -> None:
    assert invoke(pool, "one", "first")["log"] == "said first\n"
    assert invoke(pool, "two", "second")["log"] == "said second\n"
    assert invoke(pool, "one", "third")["log"] == "said third\n"


def test_a_fork_that_dies_fails_its_invocation_and_leaves_no_zombie(pool: Pool) -> None:
    before = invoke(pool, "one")["result"]["pid"]
    assert invoke(pool, "one", "die")["error"]["errorType"] == "Runtime.ExitError"
    after = invoke(pool, "one")["result"]["pid"]

    assert after != before
    assert list(pool.processes()) == [after]
    ended(before)


def test_after_the_parent_was_killed_functions_still_start(pool: Pool) -> None:
    parent = invoke(pool, "one")["result"]["sdk"]
    os.kill(parent, signal.SIGKILL)
    alone = invoke(pool, "two")["result"]
    later, last = (invoke(pool, key)["result"] for key in ("three", "four"))

    assert alone["sdk"] == alone["pid"]
    assert later["sdk"] == last["sdk"] not in {parent, later["pid"], last["pid"]}
    assert invoke(pool, "one")["result"]["sdk"] == parent


def test_a_boto3_that_cannot_be_imported_fails_in_the_function(pool: Pool) -> None:
    broken = package(sdk="raise ValueError('broken')")

    assert invoke(pool, "one", code=broken)["error"]["errorMessage"] == "broken"


def test_twice_as_many_forks_stay_warm(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "ALIVE", 3)
    pids = [invoke(pool, str(number))["result"]["pid"] for number in range(5)]
    assert len(pool.processes()) == 5

    assert [invoke(pool, str(number))["result"]["pid"] for number in range(5)] == pids
    for number in range(5, 9):
        invoke(pool, str(number))
    assert len(pool.processes()) <= 6


def test_parents_and_forks_end_with_their_pool(tmp_path: Path) -> None:
    pool = Pool(6, tmp_path)
    found = invoke(pool, "one")["result"]
    pool.close()

    ended(found["pid"])
    ended(found["sdk"])


def ended(pid: int) -> None:
    """Wait until a process has ended, and somebody has waited for it."""
    until = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < until, Path(f"/proc/{pid}/stat").read_text()
        time.sleep(0.02)
