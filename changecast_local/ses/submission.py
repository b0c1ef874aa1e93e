"""One checked mail for SendEmail, before its fate is decided."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from uuid import uuid4

from changecast_local.ses.store import Account


@dataclass(frozen=True)
class Submission:
    """A submitted mail. `message` is as submitted; `source` is the request's envelope sender."""

    account: Account
    message_id: str
    at: float
    source: str
    identity: str
    recipients: list[str]
    message: EmailMessage
    tags: dict[str, str]
    configuration_set: str | None
    list_options: dict[str, str] | None
    base_url: str
    caller: str
    source_ip: str

    @property
    def sender_domain(self) -> str:
        """The domain of the envelope sender."""
        return bare_address(self.source).rpartition("@")[2]


def new_message_id(at: float) -> str:
    """Return a message id of the form that SES gives."""
    return f"0100{int(at * 1000):012x}-{uuid4()}-000000"


def bare_address(mailbox: str) -> str:
    """Return the address of `Name <address>`."""
    return parseaddr(mailbox)[1]
