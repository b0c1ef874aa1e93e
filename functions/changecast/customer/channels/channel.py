"""The interface of a channel: one way to deliver one rendering to one endpoint.

E-mail over SES is email.py, a chat over SNS is chat.py, a webhook over HTTPS is webhook.py. To add
one, see CONTRIBUTING.md, "Add a channel". All of them pass the tests of
tests/integration/channels/test_every_channel.py.

A call that ends without an answer has a different meaning in each (sending/unanswered.py):

    e-mail    SES's own events may prove the outcome (channels/ses_events.py), in one window
    chat      nothing proves the outcome; after the window the stack's UnknownPolicy decides
    webhook   it is called again at once: the receiver recognises the repeat by its `webhook-id`
"""

from typing import Protocol, TypeVar

from changecast.customer.ledger.schema import Batch, Recipient, Run

# How many calls one function makes at a time; a channel must accept that many.
THREADS = 32
# The longest that a call may take, including name lookup and TLS. Claims are leased for longer, so
# a channel's timeouts must add up to less.
LONGEST_CALL = 20.0
Prepared = TypeVar("Prepared")


class Channel(Protocol[Prepared]):
    """A way to reach a recipient of the ledger at its endpoint, `recipient.address`."""

    def prepare(self, body: bytes) -> Prepared:
        """Prepare a rendering from the mails bucket for `deliver`, once per run."""
        ...

    def deliver(self, run: Run, batch: Batch, recipient: Recipient, rendering: Prepared) -> str:
        """Deliver a rendering to one recipient, in one call.

        Later events of the channel must lead back to the run, batch number, recipient key and
        attempt.

        Returns:
            The id under which the channel accepted it.

        Raises:
            Retry: It was certainly not accepted, or a repeat does no harm; try again later.
            PauseRun: Nothing will be accepted until some time has passed or a person acts.
            RecipientRefused: This recipient is refused permanently.
            Unanswered: It may or may not have been accepted; only evidence can tell.
        """
        ...
