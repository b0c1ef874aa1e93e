"""What the hub holds against a delivery: the causes, and what a status row alone says. Pure."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from changecast.change import utc
from changecast.event import FINAL_STATES

Row = dict[str, Any]
ANNOUNCED = "announced"
# A mail whose call had no answer waits for SES's own events; an hour by default, another one where
# no events arrive, and then a sweep.
UNKNOWN_PATIENCE = timedelta(hours=2, minutes=30)


class Cause(StrEnum):
    """Why somebody should look; each has its page, docs/runbook/<cause with dashes>.md."""

    # What the hub finds about a customer that is silent.
    UNKNOWN_CUSTOMER = "unknown_customer"
    NO_ROUTE = "no_route"
    REFUSED_BY_BUS = "refused_by_bus"
    FORWARDED_NO_REPORT = "forwarded_no_report"
    STALLED = "stalled"
    # What a customer's account reports itself.
    NOTHING_TO_SEND = "nothing_to_send"
    PAUSED = "paused"
    HELD = "held"
    FAILED = "failed"
    PARTIAL = "partial"
    REJECTED = "rejected"
    # What is wrong with an announcement or a report; such a fact is never mended.
    NOT_PUT = "not_put"
    BYPASSED = "bypassed"
    OTHER_CONTENT = "other_content"
    OTHER_CUSTOMERS = "other_customers"
    FORGED = "forged"
    VERSION_NOT_UNDERSTOOD = "version_not_understood"
    REJECTED_FILE = "rejected_file"


SILENT = frozenset(
    {
        Cause.UNKNOWN_CUSTOMER, Cause.NO_ROUTE, Cause.REFUSED_BY_BUS, Cause.FORWARDED_NO_REPORT,
        Cause.STALLED,
    }
)  # fmt: skip
REPORTED = frozenset(
    {
        Cause.NOTHING_TO_SEND, Cause.PAUSED, Cause.HELD, Cause.FAILED, Cause.PARTIAL,
        Cause.REJECTED,
    }
)  # fmt: skip

# Reasons of `nothing_to_send` that are as they should be: plan.py and planning.py give them.
MEANT = frozenset({"minor_revision", "never_announced", "draft"})


@dataclass(frozen=True)
class Finding:
    """One cause with what makes us think so, and the command that shows it."""

    cause: Cause
    message: str
    command: str

    def plain(self) -> dict[str, str]:
        """As a row keeps it."""
        return {**asdict(self), "cause": self.cause.value}


def was_heard(row: Row) -> bool:
    """Whether the customer's account said anything about this revision."""
    return "report_seq" in row or "rejection_seq" in row


def reported_finding(row: Row) -> Finding | None:
    """What the account itself reports as bad; None where all is well, or it said nothing."""
    if not was_heard(row):
        return None
    said = row["state"] if row["state"] in REPORTED and not _is_meant(row) else None
    cause = said or (Cause.REJECTED if row.get("rejection") else None)
    if cause is None:
        return None
    reason = row.get("reason") if said else row["rejection"]
    message = (reason or {}).get("message") or f"the customer's account reports {cause}"
    return Finding(Cause(cause), message, f"changecast status {row['change_id']}")


def _is_meant(row: Row) -> bool:
    """Whether nobody was mailed because nobody had to be."""
    code = (row.get("reason") or {}).get("code")
    return row["state"] == Cause.NOTHING_TO_SEND and code in MEANT


def deadline_of(row: Row, now: datetime, patience: timedelta) -> str | None:
    """When somebody must look at a row that was heard of, RFC 3339; None: nothing more to see.

    At once where there is something to tell or to take back, else when the next news is overdue.
    """
    found, known = reported_finding(row), row.get("finding") or {}
    if (found.cause if found else None) != known.get("cause"):
        return utc(now)
    if found or row["state"] in FINAL_STATES:
        return None
    return utc(now + patience_with(row, patience))


def patience_with(row: Row, patience: timedelta) -> timedelta:
    """How long the next news of a run may take: mails without an answer wait for SES's events."""
    unknown = int((row.get("counts") or {}).get("unknown", 0))
    return max(patience, UNKNOWN_PATIENCE) if unknown else patience
