"""The canary's document: a test of one customer, which only machines read. Pure."""

from datetime import datetime, timedelta
from typing import Any


def canary_document(code: str, now: datetime) -> dict[str, Any]:
    """A change document for one customer, of its own id each time; only a test run mails it."""
    start = now + timedelta(days=1)
    return {
        "object_type": "change",
        "changeId": f"canary-{code}-{now:%Y%m%dt%H%M%S}",
        "changeTitle": "Canary",
        "changeReason": "A test to the mailbox simulator of SES. Nothing will change.",
        "customers": [code],
        "customerImpact": "None.",
        "implementationStart": start.isoformat(),
        "implementationEnd": (start + timedelta(hours=1)).isoformat(),
        "timezone": "UTC",
        "status": "approved",
        "version": 1,
        "testRun": True,
    }
