"""Text of a change document that SES would act on, made harmless where people can see it.

SES replaces the first two occurrences of its unsubscribe placeholder, wherever they stand: one in
a title would take the place of ours, and one in a link would hand a reader's own address of the
subscription page to whoever made the link.
https://docs.aws.amazon.com/ses/latest/dg/sending-email-subscription-management.html
"""

import re
from typing import Any, TypeVar

from pydantic import BaseModel

_PLACEHOLDER = re.compile(r"\{\{(\s*amazonSESUnsubscribeUrl\s*)\}\}", re.IGNORECASE)
Model = TypeVar("Model", bound=BaseModel)


def inert(model: Model) -> Model:
    """The same document, in which `{{amazonSESUnsubscribeUrl}}` reads `{ {…} }`."""
    if not _PLACEHOLDER.search(model.model_dump_json()):
        return model
    return type(model).model_validate(_made_inert(model.model_dump()))


def _made_inert(value: Any) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(r"{ {\1} }", value)
    if isinstance(value, dict):
        return {_made_inert(key): _made_inert(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_made_inert(inner) for inner in value]
    return value
