"""State of the embedded cloud's SES, per account and Region."""

from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

Subscription = Literal["OPT_IN", "OPT_OUT"]


@dataclass
class Contact:
    """A person on a contact list; `preferences` is what they chose themselves, by topic."""

    address: str
    created: float
    updated: float
    preferences: dict[str, Subscription] = field(default_factory=dict)
    unsubscribed_from_all: bool = False
    attributes: str | None = None


@dataclass
class ContactList:
    """The account's contact list; `defaults` is each topic's default status."""

    name: str
    created: float
    updated: float
    description: str = ""
    topics: list[dict[str, Any]] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    contacts: dict[str, Contact] = field(default_factory=dict)

    @property
    def defaults(self) -> dict[str, Subscription]:
        """The default status of every topic."""
        return {topic["TopicName"]: topic["DefaultSubscriptionStatus"] for topic in self.topics}


@dataclass
class Suppressed:
    """An address on the account's suppression list."""

    address: str
    reason: str
    updated: float


@dataclass(eq=False)
class SentMail:
    """A mail that SES sent, and its request. It never changes."""

    message_id: str
    at: float
    recipients: list[str]
    raw: bytes
    tags: dict[str, str]
    configuration_set: str | None
    list_options: dict[str, str] | None


@dataclass
class Account:
    """SES of one account in one Region."""

    account: str
    region: str
    contact_list: ContactList | None = None
    suppressed: dict[str, Suppressed] = field(default_factory=dict)
    suppressed_reasons: list[str] = field(default_factory=lambda: ["BOUNCE", "COMPLAINT"])
    sending_enabled: bool = True
    # Real accounts start in the sandbox, which would stop every demo.
    production_access: bool = True
    details: dict[str, Any] = field(default_factory=dict)
    review_asked_at: float | None = None
    mails: list[SentMail] = field(default_factory=list)
    accepted_at: deque[float] = field(default_factory=deque)
    allowance: float | None = None
    allowance_at: float = 0.0
    import_jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    control_plane_at: float = float("-inf")

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a resource of SES in this account."""
        return f"arn:aws:ses:{self.region}:{self.account}:{kind}/{name}"


_accounts: dict[tuple[str, str], Account] = {}
_lock = Lock()


def of(account: str, region: str) -> Account:
    """SES of an account in a Region."""
    with _lock:
        return _accounts.setdefault((account, region), Account(account, region))


def everywhere() -> list[Account]:
    """SES of every account and Region that was ever asked."""
    with _lock:
        return list(_accounts.values())


def clear() -> None:
    """Forget everything."""
    with _lock:
        _accounts.clear()
