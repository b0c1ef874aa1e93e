"""The hash chain of one customer's reports and answers about a revision. Pure.

Each entry of the history has its number in the chain and the hash of the entry before it. The
customer's status row has the number and the hash of the last entry. The tracker writes an entry and
the row in one transaction, so an entry that is changed, removed or inserted later no longer fits.
Somebody who may write the whole table can rewrite a chain, but an earlier evidence file shows the
original.
"""

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from changecast.hub.tracking.schema import Row


def chained(row: Row, entry: Row, salt: str) -> tuple[Row, Row]:
    """Return the status row and a new history entry, which becomes the last of the chain."""
    number = int(row.get("chain_length", 0)) + 1
    linked = entry | {"chain_number": number, "previous_hash": row.get("chain_hash", "")}
    if "responder" in entry:
        linked["salt"] = salt
    own = entry_hash(linked)
    return row | {"chain_length": number, "chain_hash": own}, linked | {"entry_hash": own}


def entry_hash(entry: Row) -> str:
    """Return the SHA-256 of an entry's content and key."""
    plain = {name: value for name, value in sealed(entry).items() if name != "entry_hash"}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), default=_number)
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(entry: Row) -> Row:
    """Return an entry without the person who answered, but with the same hash.

    Without the salt, nobody can find the address by guessing.
    """
    if "salt" not in entry:
        return entry
    plain = {name: value for name, value in entry.items() if name != "salt"}
    text = f"{entry['salt']}|{entry['responder']}"
    return plain | {"responder": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"}


def faults_in_chain(row: Row, entries: Iterable[Row]) -> list[str]:
    """Return the faults in the chain of a status row, one sentence each."""
    faults, before = [], ""
    ordered = sorted(entries, key=lambda entry: int(entry.get("chain_number", 0)))
    for number, entry in enumerate(ordered, 1):
        faults += _faults_of(entry, number, before)
        before = str(entry.get("entry_hash", ""))
    length, last = int(row.get("chain_length", 0)), str(row.get("chain_hash", ""))
    if (length, last) != (len(ordered), before):
        faults.append(f"the status says that the chain has {length} entries and ends with "
                      f"{last[:12] or 'none'}, but it has {len(ordered)} and ends with "
                      f"{before[:12] or 'none'}")  # fmt: skip
    return faults


def _faults_of(entry: Row, number: int, before: str) -> list[str]:
    name, faults = entry.get("sk", "?"), []
    if int(entry.get("chain_number", 0)) != number:
        faults.append(
            f"entry {number} of the chain is missing: {name} has its place but another number"
        )
    if entry.get("previous_hash", "") != before:
        faults.append(f"{name} does not follow the entry before it")
    if entry.get("entry_hash") != entry_hash(entry):
        faults.append(f"{name} was changed after it was written")
    return faults


def _number(value: Any) -> int | str:
    """Return a number as it was before DynamoDB stored it."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} cannot be stored in a history")
    return int(value) if value == int(value) else str(value)
