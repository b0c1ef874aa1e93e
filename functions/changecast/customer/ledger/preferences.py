"""Languages and time zones that the account's people chose for their mails.

The choices are in one partition, so that planning reads all of them with one query. Topics are in
SES's contact list.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from changecast.customer.ledger.encoding import Item, decode, encode
from changecast.customer.ledger.schema import PREFERENCES, mailbox_of, preference_key
from changecast.customer.ledger.table import Ledger, query
from changecast.lambdas.conditions import condition_holds


@dataclass(frozen=True)
class Preference:
    """One person's choices; empty means the customer's own.

    `mailbox` identifies the person (`schema.mailbox_of`). `chosen_at` has the time of each choice
    (epoch seconds), also of topics, so that an earlier choice that arrives late undoes nothing.
    """

    mailbox: str
    language: str = ""
    timezone: str = ""
    chosen_at: Mapping[str, float] = field(default_factory=dict)
    version: int = 0

    def choosing(self, now: float, **settings: str) -> "Preference":
        """Return the preference with new settings, chosen now."""
        chosen_at = {**self.chosen_at, **dict.fromkeys(settings, now)}
        return replace(self, chosen_at=chosen_at, **settings)  # type: ignore[arg-type]


def read_preferences(ledger: Ledger) -> dict[str, Preference]:
    """Return everybody's choices, by mailbox."""
    found = query(
        ledger,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=encode({":pk": PREFERENCES}),
    )
    return {one.mailbox: one for one in map(_preference, found)}


def read_preference(ledger: Ledger, address: str) -> Preference:
    """Return the choices of a normalised address's owner."""
    key = preference_key(mailbox_of(address))
    found = ledger.client.get_item(TableName=ledger.table, Key=key, ConsistentRead=True)
    return _preference({**key, **found.get("Item", {})})


def choose(ledger: Ledger, preference: Preference) -> bool:
    """Store a person's choices; return False if they changed since they were read."""
    sets = asdict(preference) | {
        "chosen_at": json.dumps(dict(preference.chosen_at)),
        "version": preference.version + 1,
    }
    values = {f":{name}": value for name, value in sets.items()} | {":before": preference.version}
    return condition_holds(
        lambda: ledger.client.update_item(
            TableName=ledger.table,
            Key=preference_key(preference.mailbox),
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in sets),
            ConditionExpression="attribute_not_exists(pk) OR #version = :before",
            ExpressionAttributeNames={f"#{name}": name for name in sets},
            ExpressionAttributeValues=encode(values),
        )
    )


def forget(ledger: Ledger, key: Item) -> None:
    """Delete a person's choices, if there are any."""
    ledger.client.delete_item(TableName=ledger.table, Key=key)


def _preference(item: Item) -> Preference:
    values: dict[str, Any] = decode(item)
    known = {name: values[name] for name in Preference.__dataclass_fields__ if name in values}
    chosen_at = json.loads(values.get("chosen_at", "{}"))
    return Preference(**known | {"mailbox": values["sk"], "chosen_at": chosen_at})
