"""The canary: a test for one customer, announced like every change and read only by machines."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import ChangecastError
from changecast.contract.reserved_ids import TEST_SUFFIX
from changecast.hub.announcing.announce import Hub, announce

log = logging.getLogger("changecast")


def canary_document(code: str, now: datetime) -> dict[str, Any]:
    """Return a change document for one customer with a new id; it is only announced as a test."""
    start = now + timedelta(days=1)
    return {
        "object_type": "change",
        "changeId": f"canary-{code}-{now:%Y%m%dt%H%M%S}",
        "changeTitle": "Canary",
        "changeReason": "A test mail to the SES mailbox simulator. Nothing will change.",
        "customers": [code],
        "customerImpact": "None.",
        "implementationStart": start.isoformat(),
        "implementationEnd": (start + timedelta(hours=1)).isoformat(),
        "timezone": "UTC",
        "status": "approved",
        "version": 1,
        "testRun": True,
    }


def is_canary(change_id: str) -> bool:
    """Return whether a change is a canary, by the id that `announce` gives its test."""
    return change_id.startswith("canary-") and change_id.endswith(TEST_SUFFIX)


def announce_canaries(hub: Hub, codes: Iterable[str]) -> list[str]:
    """Announce a test to each customer alone; return those whose test could not be put."""
    return sorted(code for code in codes if not _announce_canary(hub, code))


def _announce_canary(hub: Hub, code: str) -> bool:
    """Announce one test; False, with the reason in the log, if it could not be put."""
    document = canary_document(code, datetime.now(UTC))
    try:
        announced = announce(document, hub=hub, test=True, announced_by="canary")
    except (ChangecastError, ClientError, BotoCoreError) as error:
        log.warning("no canary", extra={"customer": code, "reason": str(error)[:500]})
        return False
    log.info("canary", extra={"customer": code, "change_id": announced.change_id})
    return True
