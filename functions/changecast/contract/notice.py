"""The machine-readable notice that a customer's webhooks get: `ChangeNotice`, version 1.

Its outline is that of Standard Webhooks: type, timestamp, data. How it is signed and delivered:
customer/channels/webhook.py, docs/channels.md. How to add a field: contract/change_announced.py.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from changecast.contract import strict_json
from changecast.contract.change import Change
from changecast.contract.envelope import EVENT_LIMIT, WRITTEN_VERSION, SchemaVersion, faults_of
from changecast.contract.errors import ContractError
from changecast.contract.fields import (
    ChangeId,
    CustomerCode,
    Frozen,
    Instant,
    Line,
    RevisionNumber,
    Text,
    Url,
)

TYPE_PREFIX = "change."


class NoticeKind(StrEnum):
    """What a notice is about."""

    APPROVAL_REQUEST = "approval_request"
    ANNOUNCEMENT = "announcement"
    UPDATE = "update"
    STARTED = "started"
    COMPLETED = "completed"
    REMINDER = "reminder"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


class ChangedValue(Frozen):
    """One field that differs from what this customer was last told, as people read it."""

    label: Line = Field(description="The field's name in `language`.")
    old: str = Field(description="What the customer was told before.")
    new: str = Field(description="What applies now.")


class Notice(Frozen):
    """`data` of a ChangeNotice: one revision of one change, for one customer."""

    schema_version: SchemaVersion = Field(
        default=WRITTEN_VERSION, description="The version of this notice."
    )
    customer: CustomerCode = Field(description="The customer that the notice is for.")
    change_id: ChangeId
    revision: RevisionNumber = Field(description="The revision of the document, counted from 1.")
    kind: NoticeKind = Field(description="What the notice is about.")
    test: bool = Field(default=False, description="Whether this is a test, not a real change.")
    language: Annotated[str, StringConstraints(max_length=16)] = Field(
        description="The language of the texts for people, for example en."
    )
    title: Line = Field(description="The change's title.")
    text: Text = Field(description="What people are told first: what, when, and what to do.")
    when: tuple[Line, ...] = Field(
        default=(),
        description="The window as people read it, in the customer's time zone and in UTC.",
    )
    action: Text = Field(default="", description="What this customer must do; empty if nothing.")
    changed: tuple[ChangedValue, ...] = Field(
        default=(), description="What differs from what the customer was last told."
    )
    page: Url | None = Field(
        default=None,
        description="The address of a read-only page about the change; null if people cannot "
        "answer.",
    )
    change: Change = Field(description="The change as this customer may see it.")


class ChangeNotice(Frozen):
    """The body of a webhook. A repeat of a notice has the same `webhook-id` and the same body."""

    type: Annotated[str, StringConstraints(pattern=r"^change\.[a-z_]{1,32}$")] = Field(
        description="`change.` followed by the kind, so that a receiver can route the notice."
    )
    timestamp: Instant = Field(description="When the notice was composed.")
    data: Notice = Field(description="The notice.")


def parse_notice(text: str | bytes) -> ChangeNotice:
    """Return the notice in the body of a webhook.

    Raises:
        ContractError: It names the first fault with its path.
    """
    value = strict_json.loads(text, max_bytes=2 * EVENT_LIMIT)
    try:
        return ChangeNotice.model_validate_json(strict_json.dumps(value), strict=True)
    except ValidationError as error:
        path, message = faults_of(error)[0]
        raise ContractError("schema", f"{path}: {message}", path) from error
