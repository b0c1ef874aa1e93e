"""The fate of an accepted mail: whether it leaves SES, and which events follow. Pure.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SIMULATOR = "simulator.amazonses.com"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

# What SES says about one recipient: (event type, the object of that type)
Happening = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Fate:
    """A mail's fate. `leaves` says that it is sent to the recipient's server."""

    leaves: bool
    happenings: Callable[[str], list[Happening]]


def _bounce(
    kind: str, sub_type: str, *, status: str, diagnostic: str
) -> Callable[[str], Happening]:
    def happened(address: str) -> Happening:
        recipient = {
            "emailAddress": address,
            "action": "failed",
            "status": status,
            "diagnosticCode": diagnostic,
        }
        about = {"bounceType": kind, "bounceSubType": sub_type, "bouncedRecipients": [recipient]}
        return "Bounce", about

    return happened


def _complaint(sub_type: str | None) -> Callable[[str], Happening]:
    def happened(address: str) -> Happening:
        about: dict[str, Any] = {"complainedRecipients": [{"emailAddress": address}]}
        about["complaintSubType"] = sub_type
        if sub_type is None:
            about |= {"complaintFeedbackType": "abuse", "userAgent": "Amazon SES Mailbox Simulator"}
        return "Complaint", about

    return happened


def _delay(address: str) -> Happening:
    recipient = {
        "emailAddress": address,
        "status": "4.4.1",
        "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host",
    }
    about = {"delayType": "TransientCommunicationFailure", "delayedRecipients": [recipient]}
    return "DeliveryDelay", about


def _sent(_: str) -> Happening:
    return "Send", {}


def _delivered(address: str) -> Happening:
    about = {"processingTimeMillis": 500, "recipients": [address]}
    return "Delivery", about | {"smtpResponse": "250 2.6.0 Message received"}


def _rejected(_: str) -> Happening:
    return "Reject", {"reason": "Bad content"}


def _fate(*steps: Callable[[str], Happening], leaves: bool = True) -> Fate:
    return Fate(leaves, lambda address: [step(address) for step in steps])


_UNKNOWN_USER = {"status": "5.1.1", "diagnostic": "smtp; 550 5.1.1 user unknown"}
_NOT_TRIED = {
    "status": "5.1.1",
    "diagnostic": "Amazon SES did not send the message to this address",
}
_OUT_OF_OFFICE = _bounce(
    "Transient", "General", status="5.0.0", diagnostic="smtp; automatic response"
)
_FULL = _bounce("Transient", "MailboxFull", status="5.2.2", diagnostic="smtp; 552 5.2.2 full")

DELIVERED = _fate(_sent, _delivered)
UNSUBSCRIBED = _fate(
    _sent, _bounce("Permanent", "UnsubscribedRecipient", **_NOT_TRIED), leaves=False
)
SUPPRESSED = _fate(
    _sent, _bounce("Permanent", "OnAccountSuppressionList", **_NOT_TRIED), leaves=False
)
VIRUS = _fate(_rejected, leaves=False)

# What a fault of kind `outcome` may name.
OUTCOMES = {
    "delivered": DELIVERED,
    "bounce": _fate(_sent, _bounce("Permanent", "General", **_UNKNOWN_USER)),
    "soft_bounce": _fate(_sent, _FULL),
    "out_of_office": _fate(_sent, _delivered, _OUT_OF_OFFICE),
    "complaint": _fate(_sent, _delivered, _complaint(None)),
    "delivery_delay": _fate(_sent, _delay, _delivered),
    "suppressed": _fate(_sent, _bounce("Permanent", "Suppressed", **_NOT_TRIED), leaves=False),
    "virus": VIRUS,
}
_SIMULATED = {
    "success": OUTCOMES["delivered"],
    "bounce": OUTCOMES["bounce"],
    "ooto": OUTCOMES["out_of_office"],
    "complaint": OUTCOMES["complaint"],
    "suppressionlist": OUTCOMES["suppressed"],
}


def is_simulated(address: str) -> bool:
    """Return whether the address belongs to SES's mailbox simulator."""
    return address.lower().endswith(f"@{SIMULATOR}")


def simulated(address: str) -> Fate | None:
    """Return the fate of a mail to the mailbox simulator; `+label` is ignored."""
    if not is_simulated(address):
        return None
    return _SIMULATED.get(address.lower().partition("@")[0].partition("+")[0])
