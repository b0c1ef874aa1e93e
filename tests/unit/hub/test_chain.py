"""Every way to forge a chained history after it was written is found, and names the entry."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from changecast.hub.tracking.chain import chained, entry_hash, faults_in_chain, sealed

Rows = list[dict[str, Any]]


def told(*states: str) -> tuple[dict[str, Any], Rows]:
    """A status row and its history of reports, as DynamoDB returns them."""
    row: dict[str, Any] = {"customer": "acme"}
    entries = []
    for number, state in enumerate(states):
        entry = {"pk": "history#CHG-1#acme", "sk": f"000001#{number}", "state": state,
                 "counts": {"sent": Decimal(number)}, "reason": None}  # fmt: skip
        row, linked = chained(row, entry, "salt")
        entries.append(linked | {"chain_number": Decimal(linked["chain_number"])})
    return row | {"chain_length": Decimal(row.get("chain_length", 0))}, entries


def changed(entries: Rows, at: int, **values: Any) -> Rows:
    return [entry | values if here == at else entry for here, entry in enumerate(entries)]


def resealed(entries: Rows, at: int, **values: Any) -> Rows:
    """An entry that was changed by somebody who knows how entries are hashed."""
    entry = entries[at] | values
    return [*entries[:at], entry | {"entry_hash": entry_hash(entry)}, *entries[at + 1 :]]


def test_what_the_tracker_wrote_is_whole_in_any_order() -> None:
    row, entries = told("planned", "sending", "sent")
    assert faults_in_chain(row, entries) == []
    assert faults_in_chain(row, entries[::-1]) == []
    assert faults_in_chain({"customer": "acme"}, []) == []


@pytest.mark.parametrize(
    ("forge", "says"),
    [
        (lambda rows: changed(rows, 1, state="sent"), "000001#1 was changed"),
        (lambda rows: changed(rows, 1, counts={"sent": Decimal(9)}), "000001#1 was changed"),
        (lambda rows: changed(rows, 2, pk="history#CHG-2#acme"), "000001#2 was changed"),
        (lambda rows: changed(rows, 0, more="x"), "000001#0 was changed"),
        (lambda rows: resealed(rows, 1, state="sent"), "000001#2 does not follow"),
        (lambda rows: resealed(rows, 2, state="failed"), "the status says"),
        (lambda rows: rows[1:], "entry 1 of the chain is missing"),
        (lambda rows: [rows[0], rows[2]], "entry 2 of the chain is missing"),
        (lambda rows: rows[:-1], "3 entries"),
        (lambda rows: [], "3 entries"),
        (lambda rows: [*rows, rows[-1]], "but it has 4"),
        (lambda rows: [*rows, {"sk": "000001#9", "state": "sent"}], "000001#9 was changed"),
    ],
)
def test_what_was_forged_is_named(forge: Callable[[Rows], Rows], says: str) -> None:
    row, entries = told("planned", "sending", "sent")
    assert says in "; ".join(faults_in_chain(row, forge(entries)))


def test_an_answer_is_whole_without_the_person_who_gave_it() -> None:
    entry = {"sk": "1", "responder": "ana@acme.example", "response": "approved"}
    row, known = chained({}, entry, "salt")
    _, other = chained({}, entry, "another")
    assert "ana" not in str(sealed(known))
    assert "salt" not in sealed(known)
    assert faults_in_chain(row, [sealed(known)]) == faults_in_chain(row, [known]) == []
    assert sealed(known)["responder"] != sealed(other)["responder"]
    assert faults_in_chain(row, [known | {"responder": "bea@acme.example"}]) != []
