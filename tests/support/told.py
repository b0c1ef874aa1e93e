"""What endpoints are told of the changes that tests speak of."""

import json
from typing import Any

from changecast.contract.change import Change
from changecast.customer.compose.notice import chat_for, notice_for, occasion_for
from changecast.customer.compose.occasion import Occasion
from changecast.customer.mailing import MailKind
from tests.support.builders import NOW
from tests.support.mails import brand, mailing


def occasion(
    kind: MailKind, about: Change, previous: Change | None = None, *, test: bool = False,
    **settings: Any,
) -> Occasion:  # fmt: skip
    """Return what a notice of this kind is about."""
    sent = mailing(kind, object() if previous else None)
    return occasion_for(about, sent, brand(**settings), previous=previous, now=NOW, test=test)


def notice(*about: Any, **settings: Any) -> dict[str, Any]:
    """Return the body of a webhook."""
    found: dict[str, Any] = json.loads(notice_for(occasion(*about, **settings)))
    return found


def chat(*about: Any, **settings: Any) -> dict[str, Any]:
    """Return the message of a chat."""
    found: dict[str, Any] = json.loads(chat_for(occasion(*about, **settings)))
    return found
