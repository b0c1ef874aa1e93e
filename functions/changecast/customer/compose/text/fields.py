"""The text fields of a change; HTML and wiki markup become text."""

from typing import TypeVar

from changecast.contract.change import Change
from changecast.customer.compose.text.reading import Form, read

Value = TypeVar("Value")
FIELDS = (
    "reason", "implementation_plan", "test_plan", "customer_impact", "rollback_plan", "summary",
    "content", "action", "cancellation_reason", "outcome", "follow_up",
)  # fmt: skip


def as_text(change: Change) -> Change:
    """Return the change with HTML and wiki markup as text in every field that people write."""
    found = {name: getattr(change, name) for name in FIELDS}
    found["customer_details"] = change.customer_details
    read_as = {name: _texts(value) for name, value in found.items() if value}
    differing = {name: text for name, text in read_as.items() if text != found[name]}
    return change.model_copy(update=differing) if differing else change


def forms_of(change: Change) -> dict[str, Form]:
    """Return the form of each field that is more than plain text."""
    forms = {name: read(getattr(change, name) or "").form for name in FIELDS}
    return {name: form for name, form in forms.items() if form is not Form.PLAIN}


def _texts(value: Value) -> Value:
    """Return a value of the same shape with every text read."""
    match value:
        case str():
            return read(value).text  # type: ignore[return-value]
        case dict():
            return {key: _texts(inner) for key, inner in value.items()}  # type: ignore[return-value]
        case list():
            return [_texts(inner) for inner in value]  # type: ignore[return-value]
    return value
