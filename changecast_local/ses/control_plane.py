"""SES's limit on everything but sending: one request a second for an account in a Region.

AWS states it for each action of the API but SendEmail and its siblings, and not whether the actions
share it. Here they do, which is the stricter reading.
https://docs.aws.amazon.com/ses/latest/dg/quotas.html (API rate limits)
"""

import time

from changecast_local.environment import PREPARING
from changecast_local.ses import store
from changecast_local.ses.answers import Refusal

SECONDS_APART = 1.0
_SENDING = (
    "/outbound-emails",
    "/outbound-bulk-emails",
    "/outbound-custom-verification-emails",
)


def admit(account: store.Account, path: str, headers: dict[str, str]) -> None:
    """Count a request against the limit. Raises Refusal if it comes too early."""
    if path.rstrip("/").endswith(_SENDING) or PREPARING in headers.get("user-agent", ""):
        return
    now = time.monotonic()
    if now - account.control_plane_at < SECONDS_APART:
        raise Refusal("TooManyRequestsException", "Rate exceeded", 429)
    account.control_plane_at = now
