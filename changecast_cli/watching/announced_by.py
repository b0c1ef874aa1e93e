"""Who announced what and when: the hub's records of a change, for people and programs. Pure."""

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from changecast.hub.tracking.revisions import Record


def announcements(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return the records as `--json` prints them, oldest first."""
    return [
        {
            "revision": record.revision,
            "status": record.status,
            "announced_by": record.announced_by,
            "announced_at": record.announced_at,
            "put_at": record.put_at or None,
            "event_id": record.event_id,
            "customers": list(record.customers),
            "withdrawn": list(record.withdrawn),
            **_answered_for(record),
        }
        for record in records
    ]


def _answered_for(record: Record) -> dict[str, str]:
    """Return who answers for it, where two persons announce."""
    found = {
        "approved_by": record.approved_by,
        "approved_hash": record.approved_hash,
        "break_glass": record.break_glass,
    }
    return {name: value for name, value in found.items() if value}


def short(who: str) -> str:
    """Return who announced, shortened to the end of an ARN."""
    return who.split(":", 5)[5] if who.startswith("arn:") and who.count(":") >= 5 else who


def announcements_text(records: Sequence[Record]) -> Text:
    """Return a line for each revision."""
    lines = [
        f"rev {record.revision} ({record.status}) announced {record.announced_at[:19]}Z by "
        f"{short(record.announced_by)}"
        f"{'' if record.put_at else ', but perhaps never put on the bus'}"
        for record in records
    ]
    return Text(
        "\n".join(lines)
        or "No record: its event was put on the bus without `changecast announce`.",
        style="dim",
    )
