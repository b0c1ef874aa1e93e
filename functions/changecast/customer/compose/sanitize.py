"""Visibly disarm text in a change document that SES would act on.

SES replaces the first two occurrences of its unsubscribe placeholder, wherever they are. One in a
title would replace ours; one in a link would give the author of the link a reader's own
subscription page.
https://docs.aws.amazon.com/ses/latest/dg/sending-email-subscription-management.html
"""

import re
from typing import Any, TypeVar

from pydantic import BaseModel

_PLACEHOLDER = re.compile(r"\{\{(\s*amazonSESUnsubscribeUrl\s*)\}\}", re.IGNORECASE)
Model = TypeVar("Model", bound=BaseModel)


def sanitized(model: Model) -> Model:
    """Return the document with `{{amazonSESUnsubscribeUrl}}` as `{ {…} }`."""
    if not _PLACEHOLDER.search(model.model_dump_json()):
        return model
    return type(model).model_validate(_sanitized_value(model.model_dump()))


def _sanitized_value(value: Any) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(r"{ {\1} }", value)
    if isinstance(value, dict):
        return {_sanitized_value(key): _sanitized_value(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sanitized_value(inner) for inner in value]
    return value
