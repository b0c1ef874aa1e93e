"""Announcements as the hub's bus delivers them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

START = "2027-03-06T22:00:00Z"


def envelope(
    revision: int = 1,
    *,
    change_id: str = "CHG1",
    status: str = "approved",
    impact: str = "The shop is read-only.",
    prior_status: str = "",
    hours: int = 2,
    customers: tuple[str, ...] = ("acme",),
    withdrawn: tuple[str, ...] = (),
    event_id: str = "",
    test: bool = False,
    start: str = START,
    timezone: str = "Europe/Madrid",
) -> dict[str, Any]:
    """Return one event; another `impact` or window is material, another `prior_status` is not."""
    begins = datetime.fromisoformat(start)
    change = {
        "change_id": change_id,
        "revision": revision,
        "title": "Database upgrade",
        "customer_impact": impact,
        "status": status,
        "window": {
            "start": begins.isoformat(),
            "end": (begins + timedelta(hours=hours)).isoformat(),
            "timezone": timezone,
        },
    }
    if prior_status:
        change["prior_status"] = prior_status
    detail = {
        "schema_version": "1",
        "event_id": event_id or str(uuid5(NAMESPACE_URL, f"{change_id}/{revision}")),
        "change_id": change_id,
        "revision": revision,
        "customers": list(customers),
        "withdrawn": list(withdrawn),
        "announced_at": "2027-03-01T09:00:00Z",
        "announced_by": "pipeline@provider.example",
        "test": test,
        "correlation_id": f"{change_id}-{revision}",
        "change": change,
        "metadata": {"as": "handed over"},
    }
    return {
        "version": "0",
        "id": "11111111-2222-3333-4444-555555555555",
        "detail-type": "ChangeAnnounced",
        "source": "changecast.changes",
        "account": "999999999999",
        "time": "2027-03-01T09:00:01Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    }
