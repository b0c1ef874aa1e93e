"""The program: it serves this machine only, and ends with Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("changecast")
NOBODY = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-central-1",
          "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_CONFIG_FILE": "/dev/null"}  # fmt: skip


@pytest.fixture
def running() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [PROGRAM, "console", "--no-browser"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=os.environ | NOBODY,
    ) as program:  # fmt: skip
        try:
            yield program
        finally:
            program.kill()


def test_it_prints_its_address_serves_this_machine_and_ends_with_ctrl_c(
    running: subprocess.Popen[str],
) -> None:
    assert running.stdout is not None
    line = running.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:(\d+)/open/[\w-]{32,}", line)
    assert found, line
    with socket.socket() as outside, pytest.raises(OSError, match="refused"):
        outside.connect(("127.0.0.2", int(found[1])))
    # The hub does not answer, which is told on a page with its own status.
    with pytest.raises(urllib.error.HTTPError) as failed:
        urllib.request.urlopen(found[0], timeout=60)
    with failed.value as answer:
        assert answer.code == 502
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 0, said
    assert said.endswith("Stopped.\n")
    assert found[0].rpartition("/")[2] not in said


def test_a_port_that_is_taken_is_said_in_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        ended = subprocess.run(
            [PROGRAM, "console", "--no-browser", "--port", port],
            capture_output=True, text=True, check=False, env=os.environ | NOBODY, timeout=60,
        )  # fmt: skip
    assert ended.returncode == 1
    assert f"port {port} cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_its_address_does_not_wait_for_the_pages() -> None:
    """A person waits for the address; the pages load while the browser opens it."""
    loaded = modules("changecast_cli.console.serving")
    assert {"uvicorn", "icalendar", "jinja2", "changecast_cli.doctor.dns"} & loaded == set()


def test_the_pages_load_without_what_only_a_later_click_needs() -> None:
    """The doctor's client for DNS over HTTPS alone took a tenth of every start."""
    loaded = modules("changecast_cli.console.application")
    assert "changecast_cli.doctor.dns" in loaded
    assert {"dns.resolver", "changecast_local", "samcli"} & loaded == set()


def modules(name: str) -> set[str]:
    """What importing a module loads."""
    look = f"import {name}, sys; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    return {*ended.stdout.split()}
