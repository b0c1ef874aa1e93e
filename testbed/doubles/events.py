"""EventBridge in memory: keeps what was put."""

import json
from typing import Any


class Events:
    """What our code uses of the EventBridge client."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """PutEvents."""
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in Entries]}

    def reports(self) -> list[dict[str, Any]]:
        """Return what was reported, in the order in which it was put."""
        return [json.loads(entry["Detail"]) for entry in self.entries]

    def last_report(self, revision: int | None = None) -> dict[str, Any]:
        """Return the report of the highest number: of a revision, or of any."""
        wanted = [d for d in self.reports() if revision is None or d["revision"] == revision]
        return max(wanted, key=lambda detail: int(detail["report_seq"]))
