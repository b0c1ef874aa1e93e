"""Withdraw a customer from its open changes before removal, so that its people are told.

Which customers a revision withdraws in general: functions/changecast/hub/tracking/withdrawals.py.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Announcement, Hub, announce_placed, who_announces
from changecast.hub.announcing.events import Options
from changecast.hub.announcing.metadata import Document
from changecast.hub.announcing.reannounce import reannounce
from changecast.hub.tracking.originals import Original, kept
from changecast.hub.tracking.revisions import Record
from changecast_cli.customers.open_changes import is_open, is_unheard, newest_records
from changecast_cli.failures import Failed, Refused
from changecast_cli.watching.runs import follow, is_bad, is_final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def to_withdraw(table: "Table", code: str, now: datetime) -> list[Record]:
    """Return the changes whose withdrawal the customer's people must be told, oldest first.

    These are changes that name it and are not over, unless the window has passed, and changes that
    it was withdrawn from already without a report of its account.
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


def refuse_alone(hub: Hub, records: Sequence[Record], code: str) -> None:
    """Raise Refused where two persons announce and people must be told of a withdrawal first."""
    open_ = [one.change_id for one in records if code not in one.withdrawn]
    if hub.two_persons and open_:
        raise Refused(
            f"this hub requires a second person, so one person cannot withdraw {code} from "
            f"{', '.join(open_)}. For each of these changes: take {code} out of its "
            "metadata.json (if it names nobody else, cancel it), `changecast "
            "propose` that file, and let another person approve it. Then run "
            f"`changecast customers remove {code}` again. To tell nobody: --leave-open",
            "Nothing was removed or deleted.",
        )


def withdraw(hub: Hub, record: Record, code: str, now: datetime) -> Announcement:
    """Announce the next revision of a change: the same content, without the customer.

    The other customers' people get no mail, because nothing material has changed. If the newest
    revision withdrew the customer already, the withdrawal is put again. Raises ContractError,
    NotPut.
    """
    if code in record.withdrawn:
        return reannounce(record.change_id, code, hub=hub, now=lambda: now)
    original = _kept(hub.table, record)
    if original is None:
        raise ContractError(
            "not_kept",
            f"the hub has no copy of revision {record.revision} of {record.change_id}: take {code} "
            "out of its metadata.json, and announce that file",
        )
    detail = original.detail
    stays = tuple(each for each in detail.customers if each != code)
    document = Document(detail.change, stays, detail.metadata, version=None, shape="kept")
    confidential = original.confidential or hub.confidential
    options = Options(confidential=confidential, test=detail.test, at=now)
    return announce_placed(document, options, hub=hub, by=who_announces(hub.caller))


def wait_until_told(
    table: "Table", withdrawn: Sequence[Announcement], code: str, seconds: float
) -> None:
    """Wait until the customer has reported each of them as told; Failed names the others."""
    end = time.monotonic() + seconds
    silent = [
        f"{one.change_id} ({run['state']})"
        for one in withdrawn
        if not is_final(run := _end_of(table, one, code, end - time.monotonic())) or is_bad(run)
    ]
    if silent:
        raise Failed(
            f"the open changes were withdrawn for {code}, but not everybody there was told of "
            f"the withdrawal of {', '.join(silent)}, so {code} was not removed. Repair what "
            "`changecast status` names, and run `customers remove` again, or add --leave-open"
        )


def _end_of(table: "Table", one: Announcement, code: str, seconds: float) -> dict[str, Any]:
    """Return the customer's part of a run once it is final or time is over."""
    last: dict[str, Any] = {}
    for last in _own(table, one, code, seconds):
        if is_final(last):
            break
    return last


def _own(table: "Table", one: Announcement, code: str, seconds: float) -> Iterator[dict[str, Any]]:
    for run in follow(table, one.change_id, one.revision, [code], seconds=seconds):
        yield run["customers"][code]
