"""Who is withdrawn: customers that an earlier revision named and that the new one does not. Pure.

The event lists them in `withdrawn` (contract/change_announced.py); which mail their people get, or
none, is decided in their account (customer/planning/decision.py).
"""

from collections.abc import Sequence

from changecast.hub.tracking.revisions import Record


def withdrawn_since(known: Sequence[Record], customers: Sequence[str]) -> tuple[str, ...]:
    """Return the customers named since the last revision that was certainly put, but not now.

    A revision that was reserved but perhaps never put may have withdrawn customers silently.
    """
    before: list[str] = []
    for record in reversed(known):
        before += record.customers
        if record.put_at:
            break
        before += record.withdrawn
    return tuple(code for code in dict.fromkeys(before) if code not in customers)
