"""Ask the IAM engine in its own node process; the policies go there as they are deployed."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
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
    return [result == ALLOWED for result in json.loads(answer)]


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


def _run(asked: str) -> str:
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("the isolation tests need node 20 or newer: apt-get install nodejs npm")
    install()
    ran = subprocess.run(
        [node, "evaluate.mjs"], input=asked, cwd=HERE, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise RuntimeError(f"the IAM engine failed: {ran.stderr[-2_000:]}")
    return ran.stdout


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
