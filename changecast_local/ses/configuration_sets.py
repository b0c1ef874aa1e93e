"""What a configuration set says about a mail, read from ministack.

https://docs.aws.amazon.com/ses/latest/dg/using-configuration-sets.html
"""

from typing import Any

from ministack.services import ses_v2

from changecast_local.ses.answers import Refusal, not_found
from changecast_local.ses.store import Account


def checked(account: Account, name: str) -> None:
    """Refuse a mail whose configuration set does not exist or does not send."""
    if not _found(account, name).get("SendingOptions", {}).get("SendingEnabled", True):
        raise Refusal(
            "SendingPausedException", f"Email sending is disabled for configuration set <{name}>."
        )


def suppressed_reasons(account: Account, name: str | None) -> list[str]:
    """Return the suppression reasons that count: the set's own, else the account's."""
    own = _found(account, name).get("SuppressionOptions") if name else None
    if own is None:
        return account.suppressed_reasons
    return list(own.get("SuppressedReasons") or [])


def event_types(account: Account, name: str | None) -> list[list[str]]:
    """Return the event types of every destination that leads to EventBridge."""
    destinations = _found(account, name).get("EventDestinations", {}) if name else {}
    return [
        list(each.get("MatchingEventTypes") or [])
        for each in destinations.values()
        if each.get("Enabled") and each.get("EventBridgeDestination")
    ]


def _found(account: Account, name: str) -> dict[str, Any]:
    found: dict[str, Any] | None = ses_v2._config_sets.get_scoped(
        account.account, account.region, name
    )
    if found is None:
        raise not_found(f"Configuration set <{name}> does not exist.")
    return found
