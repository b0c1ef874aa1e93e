"""Which week's digest is settled: one item for the account, so that a sweep costs one read."""

from typing import NamedTuple

from changecast.customer.ledger.encoding import decode, encode
from changecast.customer.ledger.schema import account_key
from changecast.customer.ledger.table import Ledger
from changecast.lambdas.conditions import condition_holds

_NAME = "digest"


class DigestState(NamedTuple):
    """The last week (its Monday) whose digest was asked for, when, and whether it is settled.

    `asked_at` is in epoch seconds.
    """

    week: str = ""
    asked_at: float = 0.0
    settled: bool = False

    def is_wanted(self, week: str, before: float) -> bool:
        """Return whether to ask for a week's digest: it is neither settled nor asked for since."""
        if week != self.week:
            return week > self.week
        return not self.settled and self.asked_at <= before


def read_digest(ledger: Ledger) -> DigestState:
    """Return the last week that was asked for."""
    answer = ledger.client.get_item(
        TableName=ledger.table, Key=account_key(_NAME), ConsistentRead=True
    )
    item = decode(answer.get("Item", {}))
    return DigestState(**{name: item[name] for name in DigestState._fields if name in item})


def ask_for_digest(ledger: Ledger, week: str, known: DigestState, now: float) -> bool:
    """Note that a week's digest is asked for; return False if another sweep was faster."""
    condition = "attribute_not_exists(week)"
    values = {":week": week, ":now": now, ":no": False}
    if known.week:
        condition = "week = :known AND asked_at = :at AND settled = :settled"
        values |= {":known": known.week, ":at": known.asked_at, ":settled": known.settled}
    return condition_holds(
        lambda: ledger.client.update_item(
            TableName=ledger.table,
            Key=account_key(_NAME),
            UpdateExpression="SET week = :week, asked_at = :now, settled = :no",
            ConditionExpression=condition,
            ExpressionAttributeValues=encode(values),
        )
    )


def settle_digest(ledger: Ledger, week: str) -> None:
    """Settle a week: nobody asks for its digest again. A later week stays as it is."""
    condition_holds(
        lambda: ledger.client.update_item(
            TableName=ledger.table,
            Key=account_key(_NAME),
            UpdateExpression="SET settled = :yes",
            ConditionExpression="week = :week",
            ExpressionAttributeValues=encode({":week": week, ":yes": True}),
        )
    )
