"""Withdrawing a customer that leaves from its open changes, so that its people hear of it."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from changecast.announce import Announcement, Hub, announce_placed, who_announces
from changecast.errors import ContractError
from changecast.metadata import Document
from changecast.originals import Original, kept
from changecast.outgoing import How
from changecast.reannounce import reannounce
from changecast.records import Record
from changecast_cli.customers.open import is_open, is_unheard, newest_records
from changecast_cli.failures import Failed
from changecast_cli.watching.runs import follow, is_bad, is_final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def to_withdraw(table: "Table", code: str, now: datetime) -> list[Record]:
    """The changes whose end the customer's people must hear of before it leaves, oldest first.

    Those that name it and are not over, except where the window has passed; and those that it was
    withdrawn from already, where its account has not reported that.
    """
    found = [
        record
        for record in newest_records(table, code)
        if (is_open(record, code) and not _has_passed(_kept(table, record), now))
        or is_unheard(table, record, code)
    ]
    return sorted(found, key=lambda record: (record.announced_at, record.change_id))


def _has_passed(original: Original | None, now: datetime) -> bool:
    window = original.detail.change.window if original else None
    return window is not None and window.end < now


def _kept(table: "Table", record: Record) -> Original | None:
    return kept(table, record.change_id, record.revision)


def withdraw(hub: Hub, record: Record, code: str, now: datetime) -> Announcement:
    """Announce the next revision of a change: the same content, without the customer.

    Who stays is mailed nothing, since nothing that they must hear of has changed. Where the newest
    revision withdrew the customer already, it is told so again. Raises ContractError, NotPut.
    """
    if code in record.withdrawn:
        return reannounce(record.change_id, code, hub=hub, now=lambda: now)
    original = _kept(hub.table, record)
    if original is None:
        raise ContractError(
            "not_kept",
            f"revision {record.revision} of {record.change_id} was not kept: announce its "
            f"metadata.json once more, without {code} among its customers",
        )
    detail = original.detail
    stays = tuple(each for each in detail.customers if each != code)
    document = Document(detail.change, stays, detail.metadata, version=None, shape="kept")
    how = How(alone=original.alone or hub.confidential, test=detail.test, at=now)
    return announce_placed(document, how, hub=hub, by=who_announces(hub.caller))


def wait_until_told(
    table: "Table", withdrawn: Sequence[Announcement], code: str, seconds: float
) -> None:
    """Come back once the customer reported each of them well; Failed names the others."""
    end = time.monotonic() + seconds
    silent = [
        f"{one.change_id} ({run['state']})"
        for one in withdrawn
        if not is_final(run := _end_of(table, one, code, end - time.monotonic())) or is_bad(run)
    ]
    if silent:
        raise Failed(
            f"{code} was withdrawn, but its people were not all told of {', '.join(silent)}. "
            "Nothing is removed: see changecast status, mend it and remove it again, or give "
            "--leave-open"
        )


def _end_of(table: "Table", one: Announcement, code: str, seconds: float) -> dict[str, Any]:
    """Where the customer's own part of a run stands once it is final, or when time is over."""
    last: dict[str, Any] = {}
    for last in _own(table, one, code, seconds):
        if is_final(last):
            break
    return last


def _own(table: "Table", one: Announcement, code: str, seconds: float) -> Iterator[dict[str, Any]]:
    for run in follow(table, one.change_id, one.revision, [code], seconds=seconds):
        yield run["customers"][code]
