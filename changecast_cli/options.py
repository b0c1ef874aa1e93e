"""Options that several verbs share."""

import os
import tomllib
from pathlib import Path
from typing import Annotated

import boto3
import typer

Files = Annotated[
    list[Path],
    typer.Argument(
        help="A change document (metadata.json), in any supported shape; - reads stdin.",
        metavar="FILE",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
As = Annotated[
    str | None,
    typer.Option(
        "--as",
        help="Your aws:SourceIdentity, if it differs from the role session's name (TwoPerson=yes).",
    ),
]
OnlyStates = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        help="Only customers in this state, for example failed; repeat the option for more.",
    ),
]
OnlyBus = Annotated[
    str | None, typer.Option("--bus", help="Only customers whose route is on this bus.")
]
Profile = Annotated[
    str | None, typer.Option(help="AWS profile for the hub's account.", envvar="AWS_PROFILE")
]
Region = Annotated[
    str | None, typer.Option(help="AWS Region of the hub's account.", envvar="AWS_REGION")
]


# The sessions of this command that use the credentials that were given, by whose they should be.
HUB, CUSTOMER = "hub", "customer"
opened: dict[str, boto3.Session] = {}
_KEYS = "AWS_ACCESS_KEY_ID"


def session(profile: str | None, region: str | None) -> boto3.Session:
    """Return a session for the hub by the given values, else by this folder's samconfig.toml.

    Keys in the environment override the file's profile. A profile that this machine lacks is not
    used.
    """
    of_folder = _hub_of_folder()
    named = of_folder.get("profile")
    if not profile and _KEYS not in os.environ and named in boto3.Session().available_profiles:
        profile = named
    found = boto3.Session(profile_name=profile or None, region_name=region or None)
    if found.region_name is None and of_folder.get("region"):
        found = boto3.Session(profile_name=profile or None, region_name=of_folder["region"])
    opened[HUB] = found
    return found


def _hub_of_folder() -> dict[str, str]:
    """Return the hub's profile and Region in samconfig.toml; empty if there is no such file.

    Verbs that use the file report its faults.
    """
    try:
        text = Path("samconfig.toml").read_text("utf-8")
        found = tomllib.loads(text)["hub"]["global"]["parameters"]
        return {name: str(found[name]) for name in ("profile", "region") if name in found}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
