"""Dead letters of a customer's route: announce them again, to that customer alone.

Only the route's rule may put on a customer's bus, so a dead letter cannot be put there. It goes
through the hub's bus as an event for this customer only.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from changecast.contract.change_announced import parse_announced
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Hub
from changecast.hub.announcing.reannounce import again_for, put_again
from changecast_cli.failures import Refused
from changecast_cli.repair.dead_letters import DeadLetter, remove, taken

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class RouteLetters:
    """The dead letters of one route in a time range, and all that must go back."""

    code: str
    sqs: "SQSClient"
    url: str
    every: list[DeadLetter]
    chosen: list[DeadLetter]


@contextmanager
def letters_of(
    session: boto3.Session, code: str, begin: datetime, end: datetime
) -> Iterator[RouteLetters]:
    """Return the dead letters of a customer's route that were put between these times."""
    sqs, url = session.client("sqs"), _url(session, code)
    with taken(sqs, url) as every:
        chosen = [letter for letter in every if letter.time and begin <= letter.time <= end]
        yield RouteLetters(code, sqs, url, every, chosen)


def send_again(
    letters: RouteLetters, hub: Hub, newest_again: Callable[[str, str], object]
) -> tuple[int, list[str]]:
    """Announce every chosen letter again; return how many, and the failures with reasons.

    Where two persons announce, `newest_again` announces the change's newest revision instead: who
    may write to the queue does not choose what is announced.
    """
    sent, refused = 0, []
    for letter in letters.chosen:
        try:
            detail = parse_announced(letter.body).detail
            again = again_for(detail, letters.code, by=hub.caller, at=datetime.now(UTC))
            if hub.two_persons:
                newest_again(detail.change_id, letters.code)
        except ContractError as error:
            refused.append(f"{letter.said} ({error.message})")
            continue
        if hub.two_persons is None:
            put_again(hub, again, letters.code)
        remove(letters.sqs, letters.url, letters.every, letter)
        sent += 1
    return sent, refused


def _url(session: boto3.Session, code: str) -> str:
    """Return the queue's URL, by the output of the route's stack."""
    stack = f"changecast-route-{code}"
    try:
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise Refused(
            f"there is no stack {stack}: deploy it (sam deploy --config-env {code}-route)"
        ) from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}
    return outputs["DeadLettersUrl"]
