"""Errors for people: one clear sentence that says what to do next."""

import csv
import os
import re
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

from changecast.contract.errors import ChangecastError, ContractError
from changecast.hub.announcing.metadata import MetadataFault
from changecast_cli.endpoint import is_embedded
from changecast_cli.options import CUSTOMER, HUB, opened
from changecast_cli.terminal import complained, err

FAILED, BAD_INPUT, NOT_YET = 1, 2, 3
_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)


class Refused(ChangecastError):
    """The input is invalid, and nothing was changed. Exit status 2.

    Several faults are several sentences.
    """

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class Failed(ChangecastError):
    """The operation was tried and failed. Exit status 1."""


def exit_code(error: Exception) -> int:
    """Print what is wrong and return the exit status; raise an unknown error again."""
    if isinstance(error, MetadataFault):
        say_faults(error)
        return BAD_INPUT
    sentence = explained(error)
    if sentence is None:
        raise error
    for one in error.sentences if isinstance(error, Refused) else (sentence,):
        say(one)
    return BAD_INPUT if isinstance(error, ContractError | Refused | csv.Error) else FAILED


def explained(error: Exception) -> str | None:
    """Return the sentence for an error; None if the fault is ours."""
    for kinds, sentence in _SENTENCES:
        if isinstance(error, kinds):
            return sentence(error)
    if isinstance(error, ValueError) and str(error).startswith("Invalid endpoint: "):
        return f"{error}; AWS_ENDPOINT_URL must be like http://127.0.0.1:4566"  # bare in botocore
    return None


def say(sentence: str) -> None:
    """Print a sentence for a person who must act."""
    complained(sentence)
    err.print(f"[bold red]error[/] {escape(sentence)}")


def warn(sentence: str) -> None:
    """Print a sentence about a future problem unless somebody acts."""
    err.print(f"[bold yellow]warning[/] {escape(sentence)}")


def place(path: str) -> str:
    """Return a JSON path for people: a bare $ is the whole document."""
    return "the document" if path in ("", "$") else path


def say_faults(fault: MetadataFault, file: Path | None = None) -> None:
    """Print every fault of a document, each with its path."""
    for path, message in fault.faults:
        say(f"{file}: {place(path)}: {message}" if file else f"{place(path)}: {message}")


def _contract(error: Any) -> str:
    return f"{place(error.path)}: {error.message}" if error.path else str(error.message)


def _not_reached(error: Any) -> str:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    asked = str(error.kwargs.get("endpoint_url", ""))
    if not is_embedded() or urlsplit(asked).netloc != urlsplit(endpoint).netloc:
        return f"AWS cannot be reached: {error}"
    return (
        f"Nothing answers at {endpoint}, which AWS_ENDPOINT_URL names: the embedded cloud has "
        "stopped. Start one (changecast local up) and set up this shell again "
        '(eval "$(changecast local env hub)"), or unset AWS_ENDPOINT_URL to use AWS itself.'
    )


def _from_the_system(error: OSError) -> str:
    what = error.strerror or str(error)
    return (
        f"{error.filename}: {what}" if error.filename else f"The operating system refused: {what}"
    )


def _answered(error: ClientError) -> str:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code in _EXPIRED:
        return f"The AWS credentials are not accepted ({code}): sign in again."
    is_customers = HUB not in opened and CUSTOMER in opened
    if code == "ResourceNotFoundException":
        whose = (
            "a customer's account and Region, and is its stack deployed (sam deploy --config-env "
            "CODE)"
            if is_customers
            else "the hub's account and Region, and is the hub deployed (sam deploy --config-env "
            "hub)"
        )
        return f"{error.operation_name}: {message or code}. Is this {whose}?"
    said = f"AWS refused {error.operation_name}: {code}: {message}"
    caller = _CALLER.search(message)
    if not code.startswith("AccessDenied") or caller is None:
        return said
    needed = "the customer's" if is_customers else "the hub's"
    return (
        f"{said.rstrip('.')}. These credentials belong to account {caller[1]}: if "
        f"that is not {needed} account, set AWS_PROFILE or use --profile."
    )


# AWS names who asked: "User: arn:PARTITION:sts::222222222222:assumed-role/..."
_CALLER = re.compile(r"\barn:[\w-]+:(?:iam|sts)::(\d{12}):")

_SENTENCES: tuple[tuple[tuple[type[Exception], ...], Callable[[Any], str]], ...] = (
    ((ContractError,), _contract),
    ((ChangecastError,), str),
    (
        (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError),
        lambda _: "AWS credentials are missing: set AWS_PROFILE, or use --profile.",
    ),
    ((NoRegionError,), lambda _: "No AWS Region is set: set AWS_REGION, or use --region."),
    ((ProfileNotFound,), lambda error: f"{error}: check your AWS configuration."),
    ((NoConnection,), _not_reached),
    ((ClientError,), _answered),
    ((BotoCoreError,), str),
    ((OSError,), _from_the_system),
    ((csv.Error,), lambda error: f"The CSV file cannot be read: {error}"),
)
