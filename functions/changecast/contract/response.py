"""The kinds of answers to a change, apart from the event models, which senders do not load."""

from enum import StrEnum


class Response(StrEnum):
    """A person's answer to a change."""

    ACKNOWLEDGED = "acknowledged"
    APPROVED = "approved"
    REJECTED = "rejected"
    RESCHEDULE_REQUESTED = "reschedule_requested"

    @property
    def is_decision(self) -> bool:
        """Whether the answer decides about the change; possible while approval is requested."""
        return self in {Response.APPROVED, Response.REJECTED}
