"""Ask the IAM engine in its own node process; the policies go there as they are deployed."""

import atexit
import fcntl
import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build"
Policy = dict[str, Any]
ALLOWED = "Allowed"
# The engine drops keys whose variable part stands behind a colon. Behind a slash it keeps them, and
# compares them all the same; policies and requests are renamed alike.
_DROPPED, _KEPT = "kms:EncryptionContext:", "aws:PrincipalTag/kms:EncryptionContext:"


@dataclass(frozen=True)
class Request:
    """One call as IAM sees it. `principal` None is somebody without credentials.

    `identity` are the caller's own policies, `on` is the policy of the resource.
    """

    principal: str | None
    action: str
    resource: str
    account: str
    context: dict[str, str | list[str]] = field(hash=False)
    identity: tuple[Policy, ...] = field(hash=False, default=())
    on: Policy | None = field(hash=False, default=None)


def answers(requests: Sequence[Request]) -> list[bool]:
    """Whether each request is allowed. RuntimeError where the engine cannot judge one of them."""
    policies, numbers = _numbered(requests)
    asked = [
        {
            "principal": request.principal,
            "action": request.action,
            "resource": request.resource,
            "account": request.account,
            "context": request.context,
            "identity": [numbers[id(policy)] for policy in request.identity],
            "on": None if request.on is None else numbers[id(request.on)],
        }
        for request in requests
    ]
    whole = json.dumps({"policies": policies, "requests": asked})
    answer = _run(whole.replace(f'"{_DROPPED}', f'"{_KEPT}'))
    return [result == ALLOWED for result in answer]


def _numbered(requests: Sequence[Request]) -> tuple[list[Policy], dict[int, int]]:
    """Each policy once, and its number by identity: the same policies come with every request."""
    policies: list[Policy] = []
    numbers: dict[int, int] = {}
    for request in requests:
        for policy in (*request.identity, *([request.on] if request.on else [])):
            if id(policy) not in numbers:
                numbers[id(policy)] = len(policies)
                policies.append(policy)
    return policies, numbers


def _run(asked: str) -> list[str]:
    engine = _engine()
    line = engine.ask(asked)
    answer: dict[str, Any] = json.loads(line) if line else {"error": engine.said()}
    if "error" in answer:
        raise RuntimeError(f"the IAM engine failed: {answer['error'][-2_000:]}")
    found: list[str] = answer["answers"]
    return found


class _Engine:
    """The node process, which answers a line for each line until this process ends."""

    def __init__(self, node: str) -> None:
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - until the end
        self._process = subprocess.Popen(
            [node, "evaluate.mjs"],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        atexit.register(self.end)

    def ask(self, question: str) -> str:
        """The answer's line; empty where the process has ended."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(question + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return ""
        return self._process.stdout.readline()

    def said(self) -> str:
        """What the process wrote about its end."""
        self._errors.seek(0)
        return self._errors.read()

    def end(self) -> None:
        """End the process with this one."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()


@cache
def _engine() -> _Engine:
    """One process for all questions: its start takes longer than a thousand answers."""
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("the isolation tests need node 20 or newer: apt-get install nodejs npm")
    install()
    return _Engine(node)


def install() -> None:
    """The engine, as package-lock.json pins it, beside this file; once for all test processes."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "isolation-npm.lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        installed = HERE / "node_modules" / ".package-lock.json"
        lock = HERE / "package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
            subprocess.run(npm, cwd=HERE, check=True, timeout=900)
