"""Small valid things to test with; name only what the test is about."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from changecast.contract.change import Change
from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.delivery_reported import DeliveryReported
from changecast.contract.envelope import Envelope
from changecast.contract.response_events import ResponseRecorded
from changecast.hub.registry import Customer

SAMPLES = Path(__file__).parents[1] / "samples"
NOW = datetime(2027, 1, 16, 8, 5, tzinfo=UTC)
EVENT_ID = UUID("0b7f5d3e-58f4-4a52-9a7d-8f2f4bb6a401")
ACCOUNTS = {"acme": "222222222222", "globex": "333333333333", "initech": "444444444444"}
NAMES = {"acme": "Acme Industries", "globex": "Globex", "initech": "Initech"}


def sample(name: str) -> dict[str, Any]:
    """A document of tests/samples, for example a-current-approved."""
    document: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
    return document


def document(**fields: Any) -> dict[str, Any]:
    """A small document of the current shape; a field given as None is left out."""
    whole = {
        "changeId": "CHG-1",
        "changeTitle": "Patch the hosts",
        "customers": ["acme", "globex"],
        "implementationStart": "2027-01-20T22:00:00Z",
        "implementationEnd": "2027-01-20T23:30:00Z",
        "timezone": "Europe/Madrid",
        "status": "approved",
        "customerImpact": "Sessions drop.",
    } | fields
    return {name: value for name, value in whole.items() if value is not None}


def change(**fields: Any) -> Change:
    """An approved change with a window, unless said otherwise."""
    return Change.model_validate(
        {
            "change_id": "CHG-1",
            "revision": 1,
            "title": "Patch the hosts",
            "window": {
                "start": "2027-01-20T22:00:00Z",
                "end": "2027-01-20T23:30:00Z",
                "timezone": "Europe/Madrid",
            },
            "status": "approved",
        }
        | fields
    )


def announced(what: Change | None = None, **fields: Any) -> ChangeAnnounced:
    """The announcement of a change, for acme and globex unless said otherwise."""
    about = what or change()
    return ChangeAnnounced.model_validate(
        {
            "event_id": EVENT_ID,
            "change_id": about.change_id,
            "revision": about.revision,
            "customers": ["acme", "globex"],
            "announced_at": NOW,
            "announced_by": "maria@provider.example",
            "correlation_id": f"{about.change_id}/{about.revision}",
            "change": about,
            "metadata": {"changeId": about.change_id},
        }
        | fields
    )


def reported(**fields: Any) -> DeliveryReported:
    """A report of acme about CHG-1 revision 1."""
    return DeliveryReported.model_validate(
        {
            "event_id": EVENT_ID,
            "change_id": "CHG-1",
            "revision": 1,
            "customer": "acme",
            "state": "sent",
            "report_seq": 1,
            "started_at": NOW,
            "trace_id": "1-65a63f3c-8f5b4c1f9a0d2e7b6c4d1a90",
        }
        | fields
    )


def recorded(**fields: Any) -> ResponseRecorded:
    """An acknowledgement of acme's to CHG-1 revision 1."""
    return ResponseRecorded.model_validate(
        {
            "event_id": EVENT_ID,
            "change_id": "CHG-1",
            "revision": 1,
            "customer": "acme",
            "response": "acknowledged",
            "responder": "6f1d0c2b9a8e4f7d",
            "counts": {"asked": 5, "acknowledged": 1},
            "response_seq": 1,
            "report_seq": 1,
            "recorded_at": NOW,
        }
        | fields
    )


def envelope(
    detail: ChangeAnnounced | DeliveryReported | ResponseRecorded,
    *,
    event: str = "event-1",
    account: str | None = None,
) -> dict[str, Any]:
    """The event as EventBridge delivers it, from the account that would put it."""
    is_report = not isinstance(detail, ChangeAnnounced)
    own = "111111111111" if isinstance(detail, ChangeAnnounced) else ACCOUNTS[detail.customer]
    sender = account or own
    return {
        "version": "0",
        "id": event,
        "detail-type": type(detail).__name__,
        "source": f"changecast.delivery.{sender}" if is_report else "changecast.changes",
        "account": sender,
        "time": "2027-01-16T08:05:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": json.loads(detail.model_dump_json(by_alias=True, exclude_none=not is_report)),
    }


def arrived(detail: DeliveryReported, **options: Any) -> Envelope[DeliveryReported]:
    """A report as the tracker reads it."""
    return Envelope[DeliveryReported].model_validate(envelope(detail, **options))


def registered(*codes: str) -> dict[str, Customer]:
    """The registry with these customers, acme, globex and initech if none is named."""
    return {
        code: Customer(
            code,
            ACCOUNTS[code],
            "eu-central-1",
            f"arn:aws:events:eu-central-1:{ACCOUNTS[code]}:event-bus/changecast",
            NAMES[code],
        )
        for code in codes or ACCOUNTS
    }
