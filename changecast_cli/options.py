"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import boto3
import typer

Files = Annotated[
    list[Path], typer.Argument(help="metadata.json, in any of the shapes we know.", metavar="FILE")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Profile = Annotated[
    str | None, typer.Option(help="AWS profile of the hub account.", envvar="AWS_PROFILE")
]
Region = Annotated[str | None, typer.Option(help="AWS Region of the hub.", envvar="AWS_REGION")]


def session(profile: str | None, region: str | None) -> boto3.Session:
    """A session by the usual credentials, a profile and a Region where they are given."""
    return boto3.Session(profile_name=profile or None, region_name=region or None)
