"""The embedded cloud as a separate process: start, find and stop it."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from changecast_cli.failures import Failed, Refused
from changecast_local.cloud import Cloud, CloudUnreachable, attach

FOLDER = Path(".changecast")
# Packages of the embedded cloud, in the extra `local`.
PARTS = ("ministack", "hypercorn", "samtranslator", "cryptography")
START_SECONDS, STOP_SECONDS = 60.0, 20.0


@dataclass(frozen=True)
class LocalCloud:
    """A running embedded cloud: its process, and the folder with its state and log.

    `process` is set if this process started it.
    """

    pid: int
    cloud: Cloud
    folder: Path
    process: "subprocess.Popen[bytes] | None" = None


def start(folder: Path = FOLDER, authority: Path | None = None) -> LocalCloud:
    """Start a cloud that outlives this process; Refused if the folder already has one.

    With `authority`, webhooks may lead to this machine. It is a file with the certificates of the
    authorities that webhooks trust instead of the machine's.

    Raises Failed if the packages of the extra `local` are not installed.
    """
    _refuse_missing_parts()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "starting").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two that start at once, the second finds the first
        if find(folder):
            raise Refused(
                "an embedded cloud is already running here. To use it in this shell: "
                'eval "$(changecast local env hub)". To stop it, which loses everything in it: '
                "changecast local down"
            )
        _state(folder).unlink(missing_ok=True)
        process = _spawn(folder, authority)
        try:
            return replace(_answering(folder, process), process=process)
        except BaseException:  # on Ctrl-C too, because nothing else knows this process yet
            process.terminate()
            process.wait(STOP_SECONDS)
            raise


def _refuse_missing_parts() -> None:
    missing = [name for name in PARTS if find_spec(name) is None]
    if missing:
        raise Failed(
            f"the embedded cloud needs packages that are not installed ({', '.join(missing)}): "
            "pip install 'changecast[local]'"
        )


def _spawn(folder: Path, authority: Path | None) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "changecast_local", "--state", str(_state(folder))]
    if authority is not None:
        values = {"WEBHOOK_TARGETS": "loopback", "SSL_CERT_FILE": str(authority.resolve())}
        for name, value in values.items():
            command += ["--function-variable", f"{name}={value}"]
    with _log(folder).open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own arguments only
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _answering(folder: Path, process: "subprocess.Popen[bytes]") -> LocalCloud:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := find(folder):
            return found
        time.sleep(0.05)
    raise Failed(f"the embedded cloud did not start; see {_log(folder)}")


def find(folder: Path = FOLDER) -> LocalCloud | None:
    """Return the cloud that was started in this folder; None if none answers."""
    try:
        state = json.loads(_state(folder).read_text("utf-8"))
        return LocalCloud(state["pid"], attach(state["endpoint"]), folder)
    except (OSError, ValueError, KeyError, CloudUnreachable):
        return None


def running(folder: Path = FOLDER) -> LocalCloud:
    """Return the cloud of this folder; Refused if there is none."""
    found = find(folder)
    if found is None:
        raise Refused("no embedded cloud is running here: start one with `changecast local up`")
    return found


def stop(local: LocalCloud) -> None:
    """Stop the cloud and its workers; everything in it is lost.

    A cloud that does not stop when asked is killed; its functions then stop by themselves.
    """
    for ask in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(local.pid, ask)
        if _ended(local):
            break
    _state(local.folder).unlink(missing_ok=True)


def _ended(local: LocalCloud) -> bool:
    """Return whether the process ends within STOP_SECONDS; reaps our own child."""
    end = time.monotonic() + STOP_SECONDS
    while time.monotonic() < end:
        if local.process.poll() is not None if local.process else not _alive(local.pid):
            return True
        time.sleep(0.05)
    return False


@contextmanager
def temporary(folder: Path, *, keep: bool, authority: Path | None = None) -> Iterator[LocalCloud]:
    """Run a cloud for the length of a block, or longer with `keep` unless an error occurs."""
    local = start(folder, authority)
    kept = False
    try:
        yield local
        kept = keep
    finally:
        if not kept:
            stop(local)


def _state(folder: Path) -> Path:
    return folder / "cloud.json"


def _log(folder: Path) -> Path:
    return folder / "cloud.log"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
