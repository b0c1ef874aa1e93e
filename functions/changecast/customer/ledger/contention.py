"""Interpret DynamoDB's refusal of a write: another writer was first, or a retry can help.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

import random
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from changecast.customer.ledger.table import Ledger
from changecast.lambdas.aws_errors import passes

ATTEMPTS = 8
_FIRST_WAIT = 0.02
_BUSY = frozenset({"TransactionConflictException", "TransactionInProgressException"})
_BUSY_REASONS = frozenset(
    {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
_LOST = "ConditionalCheckFailed"


def is_transaction_conflict(error: ClientError) -> bool:
    """Return whether a single write was refused because of a transaction on the item."""
    return error.response["Error"]["Code"] == "TransactionConflictException"


def lost_items(error: ClientError) -> list[int]:
    """Return the positions of the items whose condition failed in a cancelled transaction."""
    return [at for at, code in enumerate(_reasons(error)) if code == _LOST]


def raise_unless_transient(error: ClientError | HTTPClientError) -> None:
    """Raise the error unless a retry can help.

    A retry can help after a failed condition in a transaction, contention, or a call without an
    answer. Such a call may have been applied: read before you try again.
    """
    if isinstance(error, HTTPClientError):
        return
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        reasons = set(_reasons(error))
        transient = bool(reasons) and reasons <= _BUSY_REASONS | {_LOST}
    else:
        transient = code in _BUSY or passes(error)
    if not transient:
        raise error


def back_off(ledger: Ledger, attempt: int) -> None:
    """Wait a moment, longer after each attempt, so that colliding writers spread out."""
    ledger.wait(_FIRST_WAIT * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311


def _reasons(error: ClientError) -> list[str]:
    found: list[Any] = error.response.get("CancellationReasons", [])
    return [str(reason.get("Code")) for reason in found]
