"""What DynamoDB's refusals of a write mean: somebody else was first, or try the same again.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

import random
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from changecast.ledger import Ledger

ATTEMPTS = 8
_FIRST_WAIT = 0.02
_BUSY = frozenset(
    {
        "TransactionConflictException", "TransactionInProgressException", "ThrottlingException",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "InternalServerError",
    }
)  # fmt: skip
_BUSY_REASONS = frozenset(
    {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
_LOST = "ConditionalCheckFailed"


def is_moving(error: ClientError) -> bool:
    """Whether a single write was refused because a transaction holds the item."""
    return error.response["Error"]["Code"] == "TransactionConflictException"


def lost_items(error: ClientError) -> list[int]:
    """Which items of a cancelled transaction lost their condition, by position."""
    return [at for at, code in enumerate(_reasons(error)) if code == _LOST]


def raise_unless_passing(error: ClientError | HTTPClientError) -> None:
    """Raise what trying again cannot mend.

    Passing are a lost condition in a transaction, contention, and a call without an answer, which
    may have been applied: whoever tries again must read first.
    """
    if isinstance(error, HTTPClientError):
        return
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        reasons = set(_reasons(error))
        passing = bool(reasons) and reasons <= _BUSY_REASONS | {_LOST}
    else:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        passing = code in _BUSY or status >= 500
    if not passing:
        raise error


def step_aside(ledger: Ledger, attempt: int) -> None:
    """Wait a moment, longer each time, so that those who collided do not collide again."""
    ledger.wait(_FIRST_WAIT * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311


def _reasons(error: ClientError) -> list[str]:
    found: list[Any] = error.response.get("CancellationReasons", [])
    return [str(reason.get("Code")) for reason in found]
