"""The event with which a customer tells the hub when it wants no changes."""

from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from changecast.contract.envelope import (
    WRITTEN_VERSION,
    Envelope,
    SchemaVersion,
    customer_entry,
    parse_event,
)
from changecast.contract.fields import CustomerCode, Frozen, Instant, Line, Title

FREEZE_TYPE = "FreezeDeclared"
LONGEST_FREEZE = timedelta(days=60)
# The most freezes that a customer may have at a time; more could stop every change.
MOST_FREEZES = 20


class FreezeDeclared(Frozen):
    """`detail` of source `changecast.delivery.<account id>`: a time without changes."""

    schema_version: SchemaVersion = WRITTEN_VERSION
    event_id: UUID = Field(description="The event's id; a removal has its own id.")
    freeze_id: UUID = Field(
        description="The freeze's id, the same in its declaration and its removal."
    )
    customer: CustomerCode
    name: Title = Field(description="The name that people see, for example Year-end closing.")
    start: Instant
    end: Instant = Field(description="The end, at most 60 days after the start.")
    removed: bool = Field(default=False, description="Whether this removes the freeze.")
    declared_at: Instant
    declared_by: Line

    @model_validator(mode="after")
    def _is_a_time(self) -> Self:
        if self.end <= self.start:
            raise ValueError("must end after it starts")
        if self.end - self.start > LONGEST_FREEZE:
            raise ValueError(f"is longer than {LONGEST_FREEZE.days} days")
        return self


def parse_freeze(text: str | bytes) -> Envelope[FreezeDeclared]:
    """Return the envelope of a FreezeDeclared; ContractError names every fault with its path."""
    return parse_event(Envelope[FreezeDeclared], text)


def freeze_entry(detail: FreezeDeclared, *, bus: str, account: str) -> dict[str, Any]:
    """Return the PutEvents entry of a freeze of the customer in `account`."""
    return customer_entry(FREEZE_TYPE, detail.model_dump_json(), bus, account)
