"""Findings about deliveries: the causes, and what a status row alone shows. Pure."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from changecast.contract.change import utc
from changecast.contract.delivery_reported import FINAL_STATES
from changecast.hub.tracking.schema import Row

ANNOUNCED = "announced"
# A mail without an answer waits for SES's own events: an hour by default, another hour if no events
# arrive, and then a sweep.
TIME_TO_REPORT_UNKNOWN = timedelta(hours=2, minutes=30)


class Cause(StrEnum):
    """Why a person should look; the page of each is docs/runbook/<cause with dashes>.md."""

    # Found by the hub about a silent customer.
    UNKNOWN_CUSTOMER = "unknown_customer"
    NO_ROUTE = "no_route"
    REFUSED_BY_BUS = "refused_by_bus"
    FORWARDED_NO_REPORT = "forwarded_no_report"
    STALLED = "stalled"
    # Found by the hub about a change.
    OVERDUE = "overdue"
    # Reported by a customer's account.
    NOTHING_TO_SEND = "nothing_to_send"
    PAUSED = "paused"
    HELD = "held"
    FAILED = "failed"
    PARTIAL = "partial"
    REJECTED = "rejected"
    # Facts about announcements or reports, which are never resolved.
    NOT_PUT = "not_put"
    BYPASSED = "bypassed"
    OTHER_CONTENT = "other_content"
    OTHER_CUSTOMERS = "other_customers"
    FORGED = "forged"
    VERSION_NOT_UNDERSTOOD = "version_not_understood"
    REJECTED_FILE = "rejected_file"
    BREAK_GLASS = "break_glass"
    # Answers of a customer's people, which are never resolved either.
    CHANGE_REJECTED = "change_rejected"
    RESCHEDULE_REQUESTED = "reschedule_requested"


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
# Answers of a customer's people.
ANSWERED = frozenset({Cause.CHANGE_REJECTED, Cause.RESCHEDULE_REQUESTED})

# Expected reasons of `nothing_to_send`, which delivery_plan.py, reminders.py and
# digests.py give.
MEANT = frozenset(
    {"minor_revision", "never_announced", "draft", "nobody_to_remind", "nothing_ahead"}
)


@dataclass(frozen=True)
class Finding:
    """A cause with its evidence, and the command that shows it."""

    cause: Cause
    message: str
    command: str

    def plain(self) -> dict[str, str]:
        """Return the finding as a row stores it."""
        return {**asdict(self), "cause": self.cause.value}


def was_heard(row: Row) -> bool:
    """Return whether the customer's account has reported anything about this revision."""
    return "report_seq" in row or "rejection_seq" in row


def reported_finding(row: Row) -> Finding | None:
    """Return the problem that the account itself reports; None if there is none, or no report."""
    if not was_heard(row):
        return None
    said = row["state"] if row["state"] in REPORTED and not _is_meant(row) else None
    cause = said or (Cause.REJECTED if row.get("rejection") else None)
    if cause is None:
        return None
    reason = row.get("reason") if said else row["rejection"]
    message = in_words(cause, reason) or f"the customer's account reports {cause}"
    return Finding(Cause(cause), message, f"changecast status {row['change_id']}")


def in_words(state: str, reason: Row | None) -> str:
    """Return a reason for people; that of a pause begins with its code, as in the runbook."""
    said, code = (reason or {}).get("message") or "", (reason or {}).get("code")
    return f"{code}: {said}" if said and code and state == Cause.PAUSED else said


def _is_meant(row: Row) -> bool:
    """Return whether nobody was mailed because nobody needed a mail."""
    code = (row.get("reason") or {}).get("code")
    return row["state"] == Cause.NOTHING_TO_SEND and code in MEANT


def deadline_of(row: Row, now: datetime, time_to_report: timedelta) -> str | None:
    """Return when to look at a row with a report again (RFC 3339); None if never.

    At once if there is something to publish or resolve; otherwise when the next report is overdue.
    """
    if row.get("discarded"):
        return None
    found, known = reported_finding(row), row.get("finding") or {}
    if (found.cause if found else None) != known.get("cause"):
        return utc(now)
    if found or row["state"] in FINAL_STATES:
        return None
    return utc(now + time_to_report_of(row, time_to_report))


def time_to_report_of(row: Row, time_to_report: timedelta) -> timedelta:
    """Return how long a run's next report may take; unanswered mails wait for SES's events."""
    unknown = int((row.get("counts") or {}).get("unknown", 0))
    return max(time_to_report, TIME_TO_REPORT_UNKNOWN) if unknown else time_to_report
