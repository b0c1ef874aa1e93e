"""Add to endpoints' texts the link to the page that shows the change and takes no answer. Pure.

It is added when a notice is sent, like the links in mails, so no token is stored with a rendering.
"""

import json
from typing import Any

from changecast.customer.ledger.schema import ChannelName


def with_page(body: bytes, channel: ChannelName, url: str) -> bytes:
    """Return a notice or a chat message with the link to the change's page."""
    message: dict[str, Any] = json.loads(body)
    if channel is ChannelName.WEBHOOK:
        message["data"]["page"] = url
    else:
        message["content"]["description"] += f"\n\n{url}"
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
