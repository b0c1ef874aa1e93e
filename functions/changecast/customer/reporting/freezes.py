"""Report this customer's freezes to the hub."""

import logging
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from changecast.contract.freeze import FreezeDeclared, freeze_entry
from changecast.customer.ledger.freezes import (
    Freeze,
    change_freezes,
    read_freezes,
    with_reported,
)
from changecast.customer.ledger.table import Ledger
from changecast.customer.reporting.settings import ReportSettings
from changecast.lambdas.bus import put

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

log = logging.getLogger("changecast")


def report_freezes(ledger: Ledger, events: "EventBridgeClient", settings: ReportSettings) -> None:
    """Put a FreezeDeclared for each declaration or removal that the hub does not know yet.

    They are put before they are noted. After an interruption they are put again, and the hub
    recognizes their ids.
    """
    unreported = tuple(one for one in read_freezes(ledger) if not one.reported)
    if not unreported:
        return
    details = [_detail(one, settings.customer_code) for one in unreported]
    bus, account = settings.hub_bus_arn, settings.account
    put(events, [freeze_entry(detail, bus=bus, account=account) for detail in details])
    change_freezes(ledger, lambda found: with_reported(found, unreported))
    log.info(
        "freezes reported", extra={"customer": settings.customer_code, "freezes": len(unreported)}
    )


def _detail(freeze: Freeze, customer: str) -> FreezeDeclared:
    said = vars(freeze) | {
        "customer": customer,
        "event_id": uuid5(UUID(freeze.freeze_id), f"removed {freeze.removed}"),
    }
    return FreezeDeclared.model_validate(said)
