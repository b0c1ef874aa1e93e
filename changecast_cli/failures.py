"""What people read when something fails: one clear sentence that says what to do next."""

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.exceptions import (
    ConnectionError as NoConnection,
)
from rich.markup import escape

from changecast.errors import ChangecastError, ContractError
from changecast.metadata import MetadataFault
from changecast_cli.terminal import err

FAILED, BAD_INPUT = 1, 2
_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)


class Refused(ChangecastError):
    """What was typed cannot be done; nothing was changed. Exit status 2."""


class Failed(ChangecastError):
    """It was tried and did not work. Exit status 1."""


def exit_code(error: Exception) -> int:
    """Say what is wrong, and which exit status that is; what we do not know is raised again."""
    if isinstance(error, MetadataFault):
        say_faults(error)
        return BAD_INPUT
    sentence = explained(error)
    if sentence is None:
        raise error
    say(sentence)
    return BAD_INPUT if isinstance(error, ContractError | Refused | csv.Error) else FAILED


def explained(error: Exception) -> str | None:
    """The sentence for an error, None for one that is a fault of ours."""
    for kinds, sentence in _SENTENCES:
        if isinstance(error, kinds):
            return sentence(error)
    if isinstance(error, ValueError) and str(error).startswith("Invalid endpoint: "):
        return f"{error}; AWS_ENDPOINT_URL must be like http://127.0.0.1:4566"  # bare in botocore
    return None


def say(sentence: str) -> None:
    """One sentence for somebody who must do something."""
    err.print(f"[bold red]error[/] {escape(sentence)}", soft_wrap=True)


def say_faults(fault: MetadataFault, file: Path | None = None) -> None:
    """Every fault of a document, each with its path."""
    for path, message in fault.faults:
        say(f"{file}: {path}: {message}" if file else f"{path}: {message}")


def _contract(error: Any) -> str:
    return f"{error.path}: {error.message}" if error.path else str(error.message)


def _not_reached(error: Any) -> str:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    asked = str(error.kwargs.get("endpoint_url", ""))
    is_local = urlsplit(endpoint).hostname in {"127.0.0.1", "::1", "localhost"}
    if not is_local or urlsplit(asked).netloc != urlsplit(endpoint).netloc:
        return f"AWS cannot be reached: {error}"
    return (
        f"Nothing answers at {endpoint}, where AWS_ENDPOINT_URL of this shell points: the local "
        "cloud is gone. Start one (changecast local up) and set this shell anew "
        '(eval "$(changecast local env hub)"), or unset AWS_ENDPOINT_URL for AWS itself.'
    )


def _from_the_system(error: OSError) -> str:
    what = error.strerror or str(error)
    return f"{error.filename}: {what}" if error.filename else f"The system refused: {what}"


def _answered(error: ClientError) -> str:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code in _EXPIRED:
        return f"The AWS credentials are not accepted ({code}): sign in again."
    if code == "ResourceNotFoundException":
        return (
            f"{error.operation_name}: {message or code}. Is this the hub's account and Region, "
            "and is the hub deployed (sam deploy --config-env hub)?"
        )
    return f"AWS refused {error.operation_name}: {code}: {message}"


_SENTENCES: tuple[tuple[tuple[type[Exception], ...], Callable[[Any], str]], ...] = (
    ((ContractError,), _contract),
    ((ChangecastError,), str),
    (
        (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError),
        lambda _: "AWS credentials are missing: set AWS_PROFILE, or give --profile (hub account).",
    ),
    ((NoRegionError,), lambda _: "No AWS Region is set: set AWS_REGION, or give --region."),
    ((ProfileNotFound,), lambda error: f"{error}: look into your AWS configuration."),
    ((NoConnection,), _not_reached),
    ((ClientError,), _answered),
    ((BotoCoreError,), str),
    ((OSError,), _from_the_system),
    ((csv.Error,), lambda error: f"The CSV file cannot be read: {error}"),
)
