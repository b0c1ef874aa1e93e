"""Confirmation codes: who asked for one, how often, and how often it was tried.

No code is stored: the keyring's owner computes it from the person, the change and its number.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from changecast.customer.ledger.encoding import decode, encode
from changecast.customer.ledger.schema import code_key
from changecast.customer.ledger.table import Ledger
from changecast.lambdas.conditions import condition_holds

LIVES = 600.0
MOST_TRIES = 5
MOST_AN_HOUR = 3
HOUR = 3_600.0


@dataclass(frozen=True)
class Code:
    """A person's codes for a change: `number` of them so far, `sent` since `hour_began`.

    `confirmed` says that one was entered; `unmailed` is the number of one that could not be mailed.
    Times are epoch seconds.
    """

    number: int = 0
    issued_at: float = 0.0
    tries: int = 0
    hour_began: float = 0.0
    sent: int = 0
    confirmed: bool = False
    unmailed: int = 0
    version: int = 0
    expires_at: int = 0


def read_code(ledger: Ledger, person: str, change_id: str) -> Code:
    """Return a person's codes for a change."""
    key = code_key(person, change_id)
    found = ledger.client.get_item(TableName=ledger.table, Key=key, ConsistentRead=True)
    values = decode(found.get("Item", {}))
    return Code(**{name: values[name] for name in Code.__dataclass_fields__ if name in values})


def issue_code(
    ledger: Ledger, person: str, change_id: str, now: float, expires_at: int
) -> Code | None:
    """Issue the next code; None if there were too many this hour, or two requests at once."""
    known = read_code(ledger, person, change_id)
    is_new_hour = now - known.hour_began >= HOUR
    sent = 0 if is_new_hour else known.sent
    if sent >= MOST_AN_HOUR:
        return None
    issued = replace(
        known,
        number=known.number + 1,
        issued_at=now,
        tries=0,
        hour_began=now if is_new_hour else known.hour_began,
        sent=sent + 1,
        expires_at=expires_at,
    )
    return _written(ledger, person, change_id, issued)


def is_over(code: Code, now: float) -> bool:
    """Return whether the code that was issued last no longer works."""
    return not code.number or now - code.issued_at >= LIVES


def try_code(ledger: Ledger, person: str, change_id: str, now: float) -> Code | None:
    """Use up a try of the last code; None if it no longer works or has no tries left.

    The try is counted before the comparison, so that two requests cannot share one.
    """
    known = read_code(ledger, person, change_id)
    if is_over(known, now) or known.tries >= MOST_TRIES:
        return None
    return _written(ledger, person, change_id, replace(known, tries=known.tries + 1))


def confirm(ledger: Ledger, person: str, change_id: str, code: Code) -> None:
    """Note that the person entered the code, so that no other is required."""
    _written(ledger, person, change_id, replace(code, confirmed=True, issued_at=0.0))


def note_unmailed(ledger: Ledger, person: str, change_id: str, number: int) -> None:
    """Note that a code could not be mailed, unless the person has asked for another since."""
    condition_holds(
        lambda: ledger.client.update_item(
            TableName=ledger.table,
            Key=code_key(person, change_id),
            UpdateExpression="SET unmailed = :number",
            ConditionExpression="#number = :number",
            ExpressionAttributeNames={"#number": "number"},
            ExpressionAttributeValues=encode({":number": number}),
        )
    )


def _written(ledger: Ledger, person: str, change_id: str, code: Code) -> Code | None:
    """Write a person's codes; None if another request wrote them since."""
    after = replace(code, version=code.version + 1)
    only_if: Any = {"ConditionExpression": "attribute_not_exists(pk)"}
    if code.version:
        only_if = {
            "ConditionExpression": "version = :before",
            "ExpressionAttributeValues": encode({":before": code.version}),
        }
    written = condition_holds(
        lambda: ledger.client.put_item(
            TableName=ledger.table,
            Item=code_key(person, change_id) | encode(asdict(after)),
            **only_if,
        )
    )
    return after if written else None
