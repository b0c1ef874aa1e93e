"""Mails that SNS would send to the e-mail subscribers of topics, kept by the embedded cloud.

Subscriptions need no confirmation here, so these mails have no link for it.
"""

from collections import deque
from threading import Lock
from typing import Any

from ministack.services import sns

MOST = 1_000
_kept: deque[dict[str, Any]] = deque(maxlen=MOST)
_lock = Lock()


def install() -> None:
    """Keep every message that SNS sends to an e-mail address."""
    fan_out = sns._fanout

    def kept(
        topic_arn: str, msg_id: str, message: str, subject: str, *more: Any, **named: Any
    ) -> None:
        fan_out(topic_arn, msg_id, message, subject, *more, **named)
        attributes = more[1] if len(more) > 1 else named.get("message_attributes")
        _keep(topic_arn, message, subject, attributes or {})

    sns._fanout = kept


def listed(account: str | None) -> list[dict[str, Any]]:
    """Return the mails to subscribers of an account's topics, or of all topics, oldest first."""
    with _lock:
        return [mail for mail in _kept if account in (None, mail["account"])]


def clear() -> None:
    """Forget every mail."""
    with _lock:
        _kept.clear()


def _keep(topic: str, message: str, subject: str, attributes: dict[str, Any]) -> None:
    found = sns._topic_by_arn_any_scope(topic) or {"subscriptions": []}
    mails = [
        {"account": topic.split(":")[4], "topic": topic.rpartition(":")[2],
         "to": each["endpoint"], "subject": subject, "text": message}
        for each in found["subscriptions"]
        if each["protocol"] in ("email", "email-json")
        and sns._matches_filter_policy(each, attributes, message)
    ]  # fmt: skip
    with _lock:
        _kept.extend(mails)
