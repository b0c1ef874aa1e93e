"""Lambda of the hub, by a schedule that is off by default: announce a test to chosen customers.

It goes the way of every announcement, and whoever does not report it well is told of by watch.
"""

import logging
import random
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import changecast.startup  # noqa: F401
from changecast.announce import Hub, announce, connect
from changecast.canary import canary_document
from changecast.errors import ChangecastError, Retry
from changecast.settings import Canary

log = logging.getLogger("changecast")
settings = Canary.from_env()


def handler(event: dict[str, Any], context: object) -> None:
    """Announce a test to each customer alone; one that fails stops no other."""
    hub = connect(table=settings.status_table)
    codes = list(settings.chosen or hub.customers)
    random.shuffle(codes)  # should the time run out, it is not the same who wait every day
    failed = sorted(code for code in codes if not fly(hub, code))
    if failed:
        raise Retry(f"no canary for {', '.join(failed)}")


def fly(hub: Hub, code: str) -> bool:
    """Announce one customer's test; False, and the reason in the log, where it could not be put."""
    try:
        announced = announce(
            canary_document(code, datetime.now(UTC)), hub=hub, test=True, announced_by="canary"
        )
    except (ChangecastError, ClientError, BotoCoreError) as error:
        log.warning("no canary", extra={"customer": code, "reason": str(error)[:500]})
        return False
    log.info("canary", extra={"customer": code, "change_id": announced.change_id})
    return True
