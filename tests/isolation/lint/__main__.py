"""`python -m tests.isolation.lint`: checkov, parliament, policyuniverse and detect-secrets."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from testbed.expand import ROOT
from tests.isolation.lint.planted import AWAKE, IDENTITY, RESOURCE, SECRET, TEMPLATE
from tests.isolation.resolve import Stack
from tests.isolation.world import deployed, stacks

HERE = Path(__file__).parent
OUT = ROOT / "build" / "isolation"
TOOLS = ROOT / "build" / "policy-lint" / "bin"
# What checkov wants of every stack, and only an account that names a key has; why it is fine so:
# docs/security.md. With a key nothing of it is excused.
WITHOUT_KEY = "without-key"
EXCUSED_WITHOUT_KEY = {
    "CKV_AWS_119",  # tables are encrypted with the AWS-owned key
    "CKV_AWS_158",  # logs are encrypted by the service; addresses and mails never reach them
    "CKV_AWS_27",  # queues are encrypted with SSE-SQS; the check knows KMS only
}
# What looks like a credential and is none: words of tests and of the embedded cloud, which checks
# none; a sample's pseudonym of a person; the prefix of webhooks' secrets.
HARMLESS = (
    "^(any|again|local|secret|test|testing|[Tt]oken|yesterday|whsec_|"
    "(0123456789abcdef)+|6f1d0c2b9a8e4f7d)$"
)
# Lines with names of the service that keeps secrets, hashes of evidence, and names as
# CloudFormation generates them.
HARMLESS_LINES = (
    "secretsmanager:|SecretsManagerClient|AWS::SecretsManager::Secret",
    '"[a-z_]*hash": "[0-9a-f]{64}"',
    "-1A2B3C4D5E6F\\b",
    "the secret of one receiver",
)
# No linter may wait for a server, or think better of us because it did not reach one.
OFFLINE = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}


def main() -> int:
    """Run all; exit 1 with a line for each finding, or where a planted fault is not found."""
    OUT.mkdir(parents=True, exist_ok=True)
    runs: dict[str, tuple[Callable[[], list[str]], list[str]]] = {
        "checkov": (checkov, [AWAKE]),
        "parliament and policyuniverse": (policies, [*IDENTITY, *RESOURCE]),
        "detect-secrets": (secrets, [AWAKE]),
    }
    faults: list[str] = []
    for name, (run, planted) in runs.items():
        faults += _faults(name, run(), planted)
    print("\n".join(faults) or f"{', '.join(runs)}: awake, and nothing found")
    return 1 if faults else 0


def _faults(name: str, found: list[str], planted: list[str]) -> list[str]:
    asleep = [label for label in planted if not any(label in line for line in found)]
    missed = [f"{name}: did not find what was planted: {label}" for label in asleep]
    return [*missed, *(f"{name}: {line}" for line in found if AWAKE not in line)]


def checkov() -> list[str]:
    """The stacks as they are deployed, with a key of the account's own and without."""
    folder = OUT / "deployed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for kind, keyed in (("with-key", True), (WITHOUT_KEY, False)):
        for owner, stack in stacks(1, keyed=keyed):
            text = json.dumps(_as_template(stack), indent=1)
            (folder / f"{owner}-{kind}.json").write_text(text, "utf-8")
    (folder / f"{AWAKE}.json").write_text(json.dumps(TEMPLATE), "utf-8")
    # From within: it looks at its own file's path too, and finds a secret in one of forty letters.
    config = str(HERE / "checkov.yaml")
    ran = _run("checkov", "--directory", ".", "--config-file", config, inside=folder)
    failed = json.loads(ran.stdout)["results"]["failed_checks"]
    parts = ("check_id", "check_name", "file_path", "resource")
    return [
        " ".join(check[part] for part in parts)
        for check in failed
        if not (check["check_id"] in EXCUSED_WITHOUT_KEY and WITHOUT_KEY in check["file_path"])
    ]


def _as_template(stack: Stack) -> dict[str, Any]:
    resources = {
        name: {
            "Type": found["Type"],
            "Properties": {key: value for key, value in found.items() if key != "Type"},
        }
        for name, found in stack.resources.items()
    }
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def policies() -> list[str]:
    """Every identity policy through parliament, every resource policy through policyuniverse."""
    world = deployed(1)
    identity = {
        f"{who.owner}'s {who.kind} {number}": policy
        for who in world.principals
        if who.kind != "Administrator" and who.owner != "stranger"
        for number, policy in enumerate(who.policies, 1)
    }
    resource = {f"{what.owner}'s {what.name}": what.policy for what in world.things if what.policy}
    asked = {"identity": identity | IDENTITY, "resource": resource | RESOURCE}
    ran = _run("python", str(HERE / "policies.py"), said=json.dumps(asked))
    return ran.stdout.splitlines()


def secrets() -> list[str]:
    """Every file of the repository; a line with `pragma: allowlist secret` is excused there."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    wanted = [
        name for name in listed.stdout.splitlines() if not name.endswith(("lock.json", ".txt"))
    ]
    planted = OUT / f"{AWAKE}.py"
    planted.write_text(SECRET, "utf-8")
    excused = [f"--exclude-lines={pattern}" for pattern in HARMLESS_LINES]
    ran = _run(
        "detect-secrets", "scan", "--exclude-secrets", HARMLESS, *excused, str(planted), *wanted
    )
    results: dict[str, Any] = json.loads(ran.stdout)["results"]
    hits = (hit for found in results.values() for hit in found)
    return [f"{hit['filename']}:{hit['line_number']} {hit['type']}" for hit in hits]


def _run(
    tool: str, *arguments: str, said: str = "", inside: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        [str(TOOLS / tool), *arguments],
        input=said, capture_output=True, text=True, check=False,
        cwd=inside, env=os.environ | OFFLINE,
    )  # fmt: skip
    if not ran.stdout:
        raise RuntimeError(f"{tool} said nothing: {ran.stderr[-2_000:]}")
    return ran


if __name__ == "__main__":
    sys.exit(main())
