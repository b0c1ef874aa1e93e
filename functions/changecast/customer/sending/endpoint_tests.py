"""Test one endpoint: send it a test notice, and record the result.

The customer's own people request it (`changecast channels test`). Only the function that delivers
notices may call an endpoint, so the test uses the real path.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from changecast.contract import strict_json
from changecast.contract.change import Change, Kind, Status
from changecast.contract.errors import RecipientRefused, Retry, Unanswered
from changecast.contract.notice import ChangeNotice, Notice, NoticeKind
from changecast.customer.channels.channel import Channel
from changecast.customer.ledger.endpoints import Endpoint, note_test, read_endpoint
from changecast.customer.ledger.schema import Batch, ChannelName, Recipient, Run, recipient_key
from changecast.customer.ledger.table import Ledger

TEST_ID = "CHANGECAST-TEST"
TITLE = "Test of this channel"
TEXT = "This is a test, sent with changecast channels test. No change is planned."
PASSED = "accepted"


def hint_test(name: str) -> str:
    """Return the hint to test this endpoint."""
    return json.dumps({"v": 1, "test": name}, separators=(",", ":"))


def hinted_test(hint: Mapping[str, Any]) -> str | None:
    """Return the name of the endpoint that a hint asks to test; None if it asks for none."""
    found = hint.get("test")
    return found if isinstance(found, str) and found else None


def try_endpoint(
    ledger: Ledger,
    name: str,
    channels: Mapping[ChannelName, Callable[[Endpoint], Channel[Any]]],
    customer: str,
    clock: Callable[[], float],
) -> None:
    """Send an endpoint a test notice, and record the result."""
    endpoint = read_endpoint(ledger, name)
    if endpoint is None:
        return
    channel = channels[endpoint.channel](endpoint)
    body = _notice(customer, clock()) if endpoint.channel is ChannelName.WEBHOOK else _message(name)
    key = recipient_key(customer, TEST_ID, 1, uuid.uuid4().hex)
    result = PASSED
    try:
        channel.deliver(_RUN, _BATCH, Recipient(key, name, ""), channel.prepare(body))
    except (Retry, Unanswered) as failure:
        result = failure.message
    except RecipientRefused as refusal:
        result = refusal.code
    note_test(ledger, name, result, clock(), passed=result == PASSED)


_RUN = Run("test", TEST_ID, 1, "", "", NoticeKind.ANNOUNCEMENT, "", False, 0.0, "")
_BATCH = Batch("test", 1, TEST_ID, 1)


def _notice(customer: str, now: float) -> bytes:
    change = Change(
        change_id=TEST_ID,
        revision=1,
        kind=Kind.ANNOUNCEMENT,
        title=TITLE,
        status=Status.APPROVED,
        summary=TEXT,
        test_run=True,
    )
    notice = Notice(
        customer=customer,
        change_id=TEST_ID,
        revision=1,
        kind=NoticeKind.ANNOUNCEMENT,
        test=True,
        language="en",
        title=TITLE,
        text=TEXT,
        change=change,
    )
    at = datetime.fromtimestamp(now, UTC)
    whole = ChangeNotice(type=f"change.{notice.kind}", timestamp=at, data=notice)
    return whole.model_dump_json(exclude_none=True).encode()


def _message(name: str) -> bytes:
    content = {"textType": "client-markdown", "title": f"TEST: {TITLE}", "description": TEXT}
    metadata = {"threadId": TEST_ID, "summary": TITLE, "eventType": "change.test",
                "additionalContext": {"channel": name}}  # fmt: skip
    message = {"version": "1.0", "source": "custom", "content": content, "metadata": metadata}
    return strict_json.dumps(message).encode()
