"""Links to the page: made where a mail or a message is sent, and kept nowhere."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from changecast.customer.ledger.schema import Recipient, Run
from changecast.customer.planning.recipients import normalise
from changecast.customer.responding.keyring import Keyrings
from changecast.customer.responding.tokens import NOBODY, Scope, Token, issue
from changecast.customer.settings import OptionalLinks

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# How long a link works after the change's window (seconds).
AFTER_WINDOW = 30 * 86_400.0


@dataclass(frozen=True)
class Links:
    """Makes links. `keep` is how long the ledger keeps a change after its window (seconds)."""

    keyrings: Keyrings
    base_url: str
    customer: str
    keep: float
    clock: Callable[[], float] = time.time

    def respond(self, run: Run, batch: int, recipient: Recipient) -> str:
        """Return the link with which a recipient answers; makes no call, the keyring is loaded."""
        keyring = self.keyrings.get()
        token = Token(
            Scope.RESPOND,
            self.customer,
            keyring.person(normalise(recipient.address)),
            self.clock(),
            expiry_of(run, self.keep),
            run.change_id,
            run.revision,
            batch,
            recipient.key,
        )
        return f"{self.base_url}/c/{issue(keyring, token)}"

    def view(self, run: Run) -> str:
        """Return the link to a page that shows a change to all of its readers, and takes no answer.

        It is for texts that many people read: chats, webhooks, calendar entries, stored renderings.
        """
        token = Token(
            Scope.VIEW,
            self.customer,
            NOBODY,
            self.clock(),
            expiry_of(run, self.keep),
            run.change_id,
            run.revision,
        )
        return f"{self.base_url}/v/{issue(self.keyrings.get(), token)}"


def links_of(
    settings: OptionalLinks, secrets: "Callable[[], SecretsManagerClient]"
) -> Links | None:
    """Return the links that an account's settings describe; None if its people cannot answer."""
    if not settings.response_url:
        return None
    keyrings = Keyrings(secrets(), settings.response_keyring)
    return Links(keyrings, settings.response_url, settings.customer_code, settings.keep_seconds)


def expiry_of(run: Run, keep: float) -> float:
    """Return when a run's links expire (epoch seconds): a month after the change's window."""
    return run.expires_at - keep + AFTER_WINDOW
