"""Lambda of the hub, on a schedule that is off by default: announce a test to chosen customers.

The test is a normal announcement, so watch sends an alert if a customer does not report it.
"""

import changecast.lambdas.startup  # noqa: F401

import random
from dataclasses import replace
from typing import Any

from changecast.contract.errors import Retry
from changecast.hub.announcing.announce import connect
from changecast.hub.announcing.canary import announce_canaries
from changecast.hub.settings import CanarySettings

settings = CanarySettings.from_env()


def handler(event: dict[str, Any], context: object) -> None:
    """Announce a test to each customer alone; one that fails does not stop the others."""
    # Where two persons announce, nobody approves a test: it reaches no person.
    hub = replace(connect(table=settings.status_table), two_persons=None)
    codes = list(settings.chosen or hub.customers)
    random.shuffle(codes)  # if time runs out, it is not the same customers who miss out every day
    if failed := announce_canaries(hub, codes):
        raise Retry(f"the canary was not announced to {', '.join(failed)}")
