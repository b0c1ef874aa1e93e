"""One channel (e-mail, chat or webhook) as the tests of every channel see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from botocore.exceptions import ReadTimeoutError

from changecast.customer.channels.https import HttpAnswer, Unreachable
from changecast.customer.ledger.schema import Recipient
from testbed.doubles.account import DELIVERIES, NOTICES, WITH_CHANNELS, Account
from testbed.doubles.answers import refusal
from testbed.doubles.crashes import Died
from testbed.doubles.receivers import OK
from testbed.doubles.ses import SentMail, Ses

WAYS = ("email", "chat", "webhook")
ANA = "ana@acme.example"
# Who is told by each way, by its name in the ledger.
NAMES = {"email": ANA, "chat": "chat", "webhook": "ops"}


class Told(NamedTuple):
    """One delivery that was accepted: what it said, and what a repeat of it is recognised by."""

    text: str
    id: str


def timeout() -> ReadTimeoutError:
    """Return the error of a call that ended without an answer."""
    return ReadTimeoutError(endpoint_url="https://aws.example")


@dataclass
class Way:
    """An account that tells somebody by one way."""

    name: str
    account: Account

    @property
    def recipient(self) -> Recipient:
        """Who is told, as the ledger has them."""
        return self.recipient_of("CHG1", 1)

    def recipient_of(self, change_id: str, revision: int) -> Recipient:
        """Who is told of a revision."""
        account = self.account
        found = account.recipients(change_id, revision) | account.told(change_id, revision)
        return found[NAMES[self.name]]

    @property
    def queue(self) -> str:
        """Where its hints are."""
        return DELIVERIES if self.name == "email" else NOTICES

    def deliver(self) -> None:
        """Handle the hints that are due."""
        self.account.send() if self.name == "email" else self.account.notify()

    def told(self) -> list[Told]:
        """Everything that was accepted."""
        match self.name:
            case "email":
                return [Told(mail.raw.decode(), mail.tags["k"]) for mail in self.account.ses.mails]
            case "chat":
                return [Told(each.message, "") for each in self.account.sns.published]
        posted = self.account.receivers.posted
        return [Told(each.body.decode(), each.headers["webhook-id"]) for each in posted]

    def throttle(self, times: int) -> None:
        """Let its next calls be refused for now."""
        busy: dict[str, Exception | HttpAnswer] = {
            "email": refusal("TooManyRequestsException", 429, "rate"),
            "chat": refusal("Throttled", 429, "rate"),
            "webhook": HttpAnswer(503, ""),
        }
        self._answer(busy[self.name], times)

    def refuse(self) -> None:
        """Let it be refused for good."""
        refused: dict[str, Exception | HttpAnswer] = {
            "email": refusal("MessageRejected", 400, "Bad address."),
            "chat": refusal("InvalidParameter", 400, "Invalid parameter: Message too long"),
            "webhook": HttpAnswer(410, ""),
        }
        self._answer(refused[self.name], 1_000)

    def lose_answer(self, times: int = 1) -> None:
        """Let its next calls be accepted, and end without an answer."""
        self._end_calls(Unreachable("timeout") if self.name == "webhook" else timeout(), times)

    def die(self) -> None:
        """Let the function die in its next call, which is accepted."""
        self._end_calls(Died(), 1)

    def _end_calls(self, error: BaseException, times: int) -> None:
        left = [times]

        def lost(_: Any) -> None:
            if left[0]:
                left[0] -= 1
                raise error

        account = self.account
        if self.name == "email":
            heard = account.ses.after

            def heard_and_lost(mail: SentMail) -> None:
                heard(mail)
                lost(mail)

            account.ses.after = heard_and_lost
        elif self.name == "chat":
            account.sns.after = lost
        else:
            account.receivers.after = lost

    def _answer(self, answer: Exception | HttpAnswer, times: int) -> None:
        left = [times]

        def answered(to: str) -> HttpAnswer:
            if left[0] and (self.name != "email" or to == ANA):
                left[0] -= 1
                if isinstance(answer, Exception):
                    raise answer
                return answer
            return OK

        account = self.account
        own: Callable[[str], Any] = answered
        if self.name == "email":
            account.ses.answer = own
        elif self.name == "chat":
            account.sns.answer = own
        else:
            account.receivers.answer = own


def way(name: str, **environment: str) -> Way:
    """Return an account with this one way, in which SES speaks of what it sends."""
    account = Account(
        ses=Ses(contacts={"announcements": [ANA] if name == "email" else ["bob@acme.example"]}),
        environment=WITH_CHANNELS | environment,
    )
    account.ses.after = lambda mail: account.hear(mail.event("Send"))
    if name == "chat":
        account.add_chat()
    elif name == "webhook":
        account.add_endpoint("ops")
    return Way(name, account)
