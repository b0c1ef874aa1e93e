"""How many of a customer's people gave each answer to a change, and the resulting approval."""

from enum import StrEnum

from pydantic import Field

from changecast.contract.fields import Frozen, Whole


class Approval(StrEnum):
    """State of a customer's approval of a change; `none` if no approval is needed."""

    NONE = "none"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class ResponseCounts(Frozen):
    """One customer's current answers to a change, counted by kind.

    `asked` is how many people were mailed, `needed` how many approvals the customer wants.
    """

    asked: Whole = Field(default=0, description="People who were mailed.")
    acknowledged: Whole = Field(default=0, description="People who acknowledged.")
    approved: Whole = Field(default=0, description="People who approved.")
    rejected: Whole = Field(default=0, description="People who rejected.")
    reschedule_requested: Whole = Field(default=0, description="People who asked for another time.")
    needed: Whole = Field(default=0, description="Approvals that the customer must give.")


class ResponseSummary(Frozen):
    """Summary of the answers to a change, as a report contains it."""

    counts: ResponseCounts = Field(
        default=ResponseCounts(), description="The customer's current answers, counted by kind."
    )
    approval: Approval = Field(
        default=Approval.NONE, description="The state of the customer's approval."
    )
