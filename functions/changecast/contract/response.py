"""The kinds of answers to a change, and their limits.

They are apart from the event models, which neither senders nor the answer page load.
"""

from enum import StrEnum

COMMENT_LIMIT = 2_000
WINDOWS_LIMIT = 3


class Response(StrEnum):
    """A person's answer to a change."""

    ACKNOWLEDGED = "acknowledged"
    APPROVED = "approved"
    REJECTED = "rejected"
    RESCHEDULE_REQUESTED = "reschedule_requested"

    @property
    def is_decision(self) -> bool:
        """Whether the answer approves or rejects; possible only while approval is requested."""
        return self in {Response.APPROVED, Response.REJECTED}
