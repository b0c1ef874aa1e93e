"""What all runs of an account share: its reports' numbers, its send slots, its lists' lengths."""

from collections.abc import Sequence

from botocore.exceptions import ClientError

from changecast.conditions import lost_condition
from changecast.contention import ATTEMPTS, step_aside
from changecast.errors import Retry
from changecast.ledger import Ledger
from changecast.ledger_items import Item, decode, encode

_SLOTS = encode({"pk": "account", "sk": "pace"})


def next_report(ledger: Ledger) -> int:
    """The number of this account's next report: 1, 2, 3, ..."""
    answer = ledger.client.update_item(
        TableName=ledger.table,
        Key=encode({"pk": "account", "sk": "report_seq"}),
        UpdateExpression="ADD report_seq :one",
        ExpressionAttributeValues=encode({":one": 1}),
        ReturnValues="UPDATED_NEW",
    )
    return int(decode(answer["Attributes"])["report_seq"])


def list_size(ledger: Ledger, topic: str) -> int:
    """How many contacts a topic had at the account's last run, 0 where there was none."""
    found = ledger.client.get_item(
        TableName=ledger.table, Key=_list_key(topic), ConsistentRead=True
    )
    return int(decode(found.get("Item", {})).get("contacts", 0))


def note_list_size(ledger: Ledger, topic: str, contacts: int) -> None:
    """Remember how many contacts a topic has, for the next run to compare with."""
    ledger.client.update_item(
        TableName=ledger.table,
        Key=_list_key(topic),
        UpdateExpression="SET contacts = :contacts",
        ExpressionAttributeValues=encode({":contacts": contacts}),
    )


def _list_key(topic: str) -> Item:
    return encode({"pk": "account", "sk": f"list#{topic}"})


def reserve_slots(
    ledger: Ledger,
    groups: Sequence[int],
    *,
    rate: float,
    horizon: float,
    left: int | None,
    now: float,
) -> tuple[list[float], float]:
    """When each group of so many mails may start, at `rate` a second for the whole account.

    Comes back: the starts (epoch seconds) of as many groups, from the first on, as begin within
    `horizon` seconds and fit into what is `left` of the daily quota; and when the last slot ends.
    Raises Retry.
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
            step_aside(ledger, attempt)
        else:
            return starts, end
    raise Retry("the account's send slots are too busy to be taken")


def _slots(
    groups: Sequence[int], free: float, rate: float, horizon: float, left: int | None, now: float
) -> tuple[list[float], float]:
    """Slots one after another; those that are taken and not yet used count against what is left."""
    starts: list[float] = []
    promised = (free - now) * rate
    for mails in groups:
        promised += mails
        if free - now > horizon or (left is not None and promised > max(left, 0) + 0.5):
            break
        starts.append(free)
        free += mails / rate
    return starts, free
