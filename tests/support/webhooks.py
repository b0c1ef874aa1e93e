"""Webhooks as a receiver reads them, with the library of Standard Webhooks."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import standardwebhooks


def verified(secret: str, headers: Mapping[str, str], body: str) -> dict[str, Any]:
    """What a receiver reads, signed as the library of Standard Webhooks signs, however late it is.

    `verify` of the library also compares with the clock, and a busy machine is slow.
    """
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    signature = standardwebhooks.Webhook(secret).sign(headers["webhook-id"], at, body)
    assert signature in headers["webhook-signature"].split()
    found: dict[str, Any] = json.loads(body)
    return found
