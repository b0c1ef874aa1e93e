"""Describe the change for programs: X-MAINTNOTE properties of the window's calendar entry.

https://datatracker.ietf.org/doc/html/draft-gunter-calext-maintenance-notifications-01
"""

from changecast.contract.change import ImpactLevel, Status
from changecast.customer.compose.impact import read_impact
from changecast.customer.compose.occasion import Occasion

_IMPACT = {
    ImpactLevel.NONE: "NO-IMPACT",
    ImpactLevel.REDUCED_REDUNDANCY: "REDUCED-REDUNDANCY",
    ImpactLevel.DEGRADED: "DEGRADED",
    ImpactLevel.OUTAGE: "OUTAGE",
}
_STATUS = {
    Status.SUBMITTED: "TENTATIVE",
    Status.APPROVED: "CONFIRMED",
    Status.IN_PROGRESS: "IN-PROCESS",
    Status.COMPLETED: "COMPLETED",
    Status.CANCELLED: "CANCELLED",
}


def maintnote(occasion: Occasion) -> tuple[tuple[str, str], ...]:
    """Return the names and values of all properties in section 3 of the draft.

    If no level is certain, the impact is DEGRADED: neither an alarm nor an all-clear.
    """
    change, brand = occasion.change, occasion.brand
    impact = _IMPACT[read_impact(change).level]
    return (
        ("X-MAINTNOTE-PROVIDER", brand.provider_name or brand.sender_domain),
        ("X-MAINTNOTE-ACCOUNT", brand.customer),
        ("X-MAINTNOTE-MAINTENANCE-ID", change.change_id),
        *(("X-MAINTNOTE-OBJECT-ID", name) for name in change.services or (brand.customer_name,)),
        ("X-MAINTNOTE-IMPACT", impact),
        ("X-MAINTNOTE-STATUS", "CANCELLED" if occasion.ends else _STATUS[change.status]),
    )
