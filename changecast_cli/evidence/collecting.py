"""The hub's data about a change, as files of an evidence archive."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from changecast.hub.tracking.chain import sealed
from changecast.hub.tracking.discards import discards
from changecast.hub.tracking.operator_actions import actions_on
from changecast.hub.tracking.originals import kept
from changecast.hub.tracking.queries import reminders
from changecast.hub.tracking.responses import answers
from changecast.hub.tracking.revisions import Record, reannouncements, revisions
from changecast.hub.tracking.table import history, statuses
from changecast_cli.failures import Refused
from changecast_cli.watching.history import named_customers

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Files = dict[str, bytes]
ANNOUNCED, STATUS, ACTIONS = "announced.json", "status.json", "actions.json"
HISTORY, ANSWERS, DOCUMENTS, MAILS = "history/", "answers/", "documents/", "mails/"


def files_of(table: "Table", change_id: str, *, addresses: bool) -> tuple[Files, list[str]]:
    """Return the files about a change and the customers that it names.

    Args:
        addresses: Whether answers include the person's address, if the customer sends it.

    Raises:
        Refused: The hub knows nothing of the change.
    """
    records = revisions(table, change_id)
    codes = named_customers(table, change_id, records)
    if not codes:
        raise Refused(f"unknown change {change_id!r}. To list changes: changecast status")
    files = {
        ANNOUNCED: as_json([asdict(record) for record in records]),
        STATUS: as_json([*statuses(table, change_id), *reminders(table, change_id)]),
        ACTIONS: as_json(_actions(table, change_id)),
        **_documents(table, change_id, records),
    }
    for code in codes:
        files |= _of_customer(table, change_id, code, addresses=addresses)
    return files, codes


def as_json(value: Any) -> bytes:
    """Return a value as canonical JSON."""
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, default=_plain)
    return f"{text}\n".encode()


def _of_customer(table: "Table", change_id: str, code: str, *, addresses: bool) -> Files:
    found = {f"{HISTORY}{code}.json": history(table, change_id, code)}
    if given := answers(table, change_id, code):
        shown = given if addresses else [_without_address(one) for one in given]
        found[f"{ANSWERS}{code}.json"] = shown
    return {name: as_json(rows) for name, rows in found.items()}


def _without_address(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without an address; a pseudonym stays."""
    return sealed(answer) if "@" in str(answer.get("responder", "")) else answer


def _documents(table: "Table", change_id: str, records: Sequence[Record]) -> Files:
    found = {record.revision: kept(table, change_id, record.revision) for record in records}
    return {
        f"{DOCUMENTS}{revision:06d}.json": as_json(
            original.detail.model_dump(mode="json", exclude_none=True)
        )
        for revision, original in found.items()
        if original
    }


def _actions(table: "Table", change_id: str) -> Mapping[str, Any]:
    return {
        "announced_again": reannouncements(table, change_id),
        "discarded": [asdict(one) for one in discards(table, change_id)],
        "repaired": [asdict(one) for one in actions_on(table, change_id)],
    }


def _plain(value: Any) -> Any:
    """Return DynamoDB's values as plain JSON values."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else str(value)
    raise TypeError(f"{type(value).__name__} cannot be stored in evidence")
