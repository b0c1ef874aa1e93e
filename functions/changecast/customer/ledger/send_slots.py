"""Send slots: when the account's next mails may start, at its rate, across all runs."""

from collections.abc import Sequence

from botocore.exceptions import ClientError

from changecast.contract.errors import Retry
from changecast.customer.ledger.contention import ATTEMPTS, back_off
from changecast.customer.ledger.encoding import decode, encode
from changecast.customer.ledger.schema import account_key
from changecast.customer.ledger.table import Ledger
from changecast.lambdas.conditions import lost_condition

_SLOTS = account_key("pace")


def reserve_slots(
    ledger: Ledger,
    groups: Sequence[int],
    *,
    rate: float,
    horizon: float,
    left: int | None,
    now: float,
) -> tuple[list[float], float]:
    """Reserve send slots for groups of mails, at `rate` a second for the whole account.

    Args:
        groups: Number of mails in each group.
        horizon: How far ahead a slot may begin, in seconds.
        left: Mails left of the daily quota; None for no limit.

    Returns:
        When each group starts (epoch seconds), as far as slots were found, and when the last ends.

    Raises:
        Retry: Too many others are reserving slots.
    """
    for attempt in range(ATTEMPTS):
        found = ledger.client.get_item(TableName=ledger.table, Key=_SLOTS, ConsistentRead=True)
        taken_until = float(decode(found.get("Item", {})).get("taken_until", 0.0))
        starts, end = _slots(groups, max(now, taken_until), rate, horizon, left, now)
        if not starts:
            return [], end
        try:
            ledger.client.update_item(
                TableName=ledger.table,
                Key=_SLOTS,
                UpdateExpression="SET taken_until = :until",
                ConditionExpression="attribute_not_exists(pk) OR taken_until = :was",
                ExpressionAttributeValues=encode({":until": end, ":was": taken_until}),
            )
        except ClientError as error:
            if not lost_condition(error):
                raise
            back_off(ledger, attempt)
        else:
            return starts, end
    raise Retry("too many functions are reserving send slots at the same time")


def _slots(
    groups: Sequence[int], free: float, rate: float, horizon: float, left: int | None, now: float
) -> tuple[list[float], float]:
    """Return consecutive slots; reserved ones that are not used yet count against `left`."""
    starts: list[float] = []
    promised = (free - now) * rate
    for mails in groups:
        promised += mails
        if free - now > horizon or (left is not None and promised > max(left, 0) + 0.5):
            break
        starts.append(free)
        free += mails / rate
    return starts, free
