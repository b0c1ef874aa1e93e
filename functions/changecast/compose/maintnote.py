"""The change for programs: X-MAINTNOTE properties of the window's calendar entry.

https://datatracker.ietf.org/doc/html/draft-gunter-calext-maintenance-notifications-01
"""

from changecast.change import Status
from changecast.compose.occasion import Impact, Occasion, impact_of

_STATUS = {
    Status.SUBMITTED: "TENTATIVE",
    Status.APPROVED: "CONFIRMED",
    Status.IN_PROGRESS: "IN-PROCESS",
    Status.COMPLETED: "COMPLETED",
    Status.CANCELLED: "CANCELLED",
}


def maintnote(occasion: Occasion) -> tuple[tuple[str, str], ...]:
    """Names and values, all that the draft's section 3 asks for.

    The document states its impact in words; a program is told OUTAGE wherever there are any, since
    who prepares for an outage is not surprised by less.
    """
    change, brand = occasion.change, occasion.brand
    stated = impact_of(change) is Impact.STATED
    return (
        ("X-MAINTNOTE-PROVIDER", brand.sender_domain),
        ("X-MAINTNOTE-ACCOUNT", brand.customer),
        ("X-MAINTNOTE-MAINTENANCE-ID", change.change_id),
        ("X-MAINTNOTE-OBJECT-ID", brand.customer_name),
        ("X-MAINTNOTE-IMPACT", "OUTAGE" if stated else "NO-IMPACT"),
        ("X-MAINTNOTE-STATUS", "CANCELLED" if occasion.ends else _STATUS[change.status]),
    )
