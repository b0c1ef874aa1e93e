"""The account's identity for a mail, read from ministack.

Every identity counts as verified as soon as it exists. On AWS, somebody must first publish three
DNS records (or click a link), and until then SES answers MessageRejected.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from ministack.services import ses_v2

from changecast_local.ses.answers import Refusal, not_found
from changecast_local.ses.call import Call
from changecast_local.ses.store import Account
from changecast_local.ses.submission import bare_address


def put_dkim(call: Call) -> dict[str, Any]:
    """PutEmailIdentityDkimAttributes."""
    name = call.names["identity"]
    found = ses_v2._identities.get(name)
    if found is None:
        raise not_found(f"Email identity {name} does not exist.")
    publish(found, signing=bool(call.body.get("SigningEnabled")))
    return {}


def publish(identity: dict[str, Any], *, signing: bool) -> None:
    """Easy DKIM is set up with a domain, and its records count as published; so does MAIL FROM.

    https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html
    """
    name = identity["EmailIdentity"]
    if "@" not in name:
        identity["DkimAttributes"] |= {
            "SigningEnabled": signing,
            "Status": "SUCCESS",
            "Tokens": [sha256(f"{name} {n}".encode()).hexdigest()[:32] for n in range(3)],
            "SigningAttributesOrigin": "AWS_SES",
        }
    if identity["MailFromAttributes"].get("MailFromDomain"):
        identity["MailFromAttributes"]["MailFromDomainStatus"] = "SUCCESS"


def find_identity(account: Account, mailbox: str) -> str | None:
    """Return an address's most specific verified identity: itself, its domain, or a parent domain.

    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
    """
    for candidate in _candidates(bare_address(mailbox)):
        found = ses_v2._identities.get_scoped(account.account, account.region, candidate)
        if found is not None and found.get("VerifiedForSendingStatus"):
            return candidate
    return None


def identity_for(account: Account, mailbox: str) -> str:
    """Return the identity that SES uses for an address. Raises Refusal if none is verified."""
    if found := find_identity(account, mailbox):
        return found
    address = bare_address(mailbox)
    raise Refusal(
        "MessageRejected",
        "Email address is not verified. The following identities failed the check in region "
        f"{account.region.upper()}: {address}",
    )


def default_configuration_set(account: Account, identity: str) -> str | None:
    """Return the configuration set that mails of an identity use if the request names none."""
    found: dict[str, Any] = ses_v2._identities.get_scoped(
        account.account, account.region, identity, {}
    )
    return found.get("ConfigurationSetName") or None


def _candidates(address: str) -> Iterator[str]:
    yield address
    yield address.lower()
    labels = address.rpartition("@")[2].lower().split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])
