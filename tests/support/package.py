"""The package as sam builds it, and what the templates tell its functions."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from tests.isolation.expand import ROOT, expanded

MAKEFILE = ROOT / "functions" / "Makefile"
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


def build(folder: Path, function: str = "SendMailFunction", runtimes: str = THIS) -> Path:
    """Build as sam does: a folder for the function; comes back what stands there afterwards."""
    artifacts = folder / function
    artifacts.mkdir(parents=True)
    told = os.environ | {"ARTIFACTS_DIR": str(artifacts), "RUNTIMES": runtimes}
    command = ["make", "--silent", "--makefile", str(MAKEFILE), f"build-{function}"]
    subprocess.run(command, check=True, cwd=MAKEFILE.parent, env=told)
    return artifacts.resolve()


def unpack(package: Path, folder: Path) -> Path:
    """Unpack it as Lambda does; comes back: the folder."""
    zipfile.ZipFile(package).extractall(folder)
    return folder


def functions() -> dict[str, dict[str, Any]]:
    """Logical id -> properties, of every function of both templates."""
    return {
        name: resource["Properties"]
        for path in ("template.yaml", "hub/template.yaml")
        for name, resource in expanded(path)["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
    }


def environment() -> dict[str, str]:
    """The variables that the templates set for any of the functions, and some of Lambda's own."""
    variables: dict[str, Any] = {}
    for function in functions().values():
        variables |= function["Environment"]["Variables"]
    told = {name: value if isinstance(value, str) else "1" for name, value in variables.items()}
    known = {
        "BRAND_COLOR": "#0b57a4",
        "TIMEZONE": "UTC",
        "LANGUAGE": "en",
        "HUB_BUS_ARN": "arn:aws:events:eu-west-1:111111111111:event-bus/changecast-hub",
    }
    lambdas = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "tried",
        "LAMBDA_TASK_ROOT": "/var/task",
    }
    return told | known | lambdas | {"UNKNOWN_POLICY": "resend"}


def handlers() -> list[str]:
    """The modules of all functions."""
    return sorted(found["Handler"].removesuffix(".handler") for found in functions().values())


def start(code: str, packages: Path | str) -> str:
    """What a bare process prints that runs `code` as one of the functions, on `packages` alone."""
    credentials = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    told = environment() | credentials | {"PYTHONPATH": str(packages), "BOTO_DISABLE_CRT": "true"}
    return subprocess.check_output([sys.executable, "-S", "-P", "-c", code], env=told, text=True)
