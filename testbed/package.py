"""Build the packages as sam does, one for each side; read the functions' settings in templates."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from testbed.expand import ROOT, expanded

# Each side: the template with its functions, and one of them.
SIDES = {
    "customer": ("template.yaml", "SendMailFunction"),
    "hub": ("hub/template.yaml", "TrackStatusFunction"),
}
MAKEFILE = ROOT / "functions" / "Makefile"
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


def build(folder: Path, side: str, runtimes: str = THIS) -> Path:
    """Build a side's package through one of its functions; returns the zip."""
    return build_function(folder, SIDES[side][1], runtimes)


def build_function(folder: Path, function: str, runtimes: str = THIS) -> Path:
    """Build as sam does, in a folder for the function; returns the zip that is linked there."""
    artifacts = folder / function
    artifacts.mkdir(parents=True)
    told = {"ARCHITECTURES": "x86_64", **os.environ}
    told |= {"ARTIFACTS_DIR": str(artifacts), "RUNTIMES": runtimes}
    command = ["make", "--silent", "--makefile", str(MAKEFILE), f"build-{function}"]
    subprocess.run(command, check=True, cwd=MAKEFILE.parent, env=told)
    return artifacts.resolve()


def unpack(package: Path, folder: Path) -> Path:
    """Unpack a package as Lambda does; returns the folder."""
    zipfile.ZipFile(package).extractall(folder)
    return folder


def functions(*sides: str) -> dict[str, dict[str, Any]]:
    """Return logical id -> properties of every function of these sides; of both by default."""
    return {
        name: resource["Properties"]
        for side in sides or SIDES
        for name, resource in expanded(SIDES[side][0])["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
    }


def environment() -> dict[str, str]:
    """Return the variables that the templates set for any function, and some of Lambda's own."""
    variables: dict[str, Any] = {}
    for function in functions().values():
        variables |= function["Environment"]["Variables"]
    told = {name: value if isinstance(value, str) else "1" for name, value in variables.items()}
    known = {
        "BRAND_COLOR": "#0b57a4",
        "LOGO_URL": "",
        "DARK_LOGO_URL": "",
        "TIMEZONE": "UTC",
        "LANGUAGE": "en",
        "REMINDERS": "24h,1h",
        "HUB_BUS_ARN": "arn:aws:events:eu-west-1:111111111111:event-bus/changecast-hub",
    }
    lambdas = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "tried",
        "LAMBDA_TASK_ROOT": "/var/task",
    }
    return told | known | lambdas | {"UNKNOWN_POLICY": "resend"}


def handlers(*sides: str) -> list[str]:
    """Return the modules of all functions of these sides; of both by default."""
    return sorted(found["Handler"].removesuffix(".handler") for found in functions(*sides).values())


def start(code: str, packages: Path | str) -> str:
    """Return what a bare process prints that runs `code` as a function, with only `packages`."""
    credentials = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    told = environment() | credentials | {"PYTHONPATH": str(packages), "BOTO_DISABLE_CRT": "true"}
    return subprocess.check_output([sys.executable, "-S", "-P", "-c", code], env=told, text=True)
