"""The e-mail channel: send one mail through the account's own SES, and interpret the answer.

SendEmail has no idempotency token, so the client must never repeat a call on its own.
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
To add a channel: CONTRIBUTING.md, "Add a channel".
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

from changecast.contract.errors import PauseRun, RecipientRefused, Retry, Unanswered
from changecast.contract.pause_code import PauseCode
from changecast.customer.channels.channel import THREADS
from changecast.customer.ledger.schema import Batch, Recipient, Run
from changecast.customer.mailing import topic_of
from changecast.customer.renderings.splice import RESPONSE, Rendering, load, splice
from changecast.customer.responding.links import Links
from changecast.lambdas.clients import USER_AGENT
from changecast.lambdas.redaction import without_addresses

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

CONNECT_TIMEOUT = 3
READ_TIMEOUT = 10
# We build these requests ourselves, and SES refuses invalid ones, so botocore need not check.
ONCE = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=CONNECT_TIMEOUT,
    read_timeout=READ_TIMEOUT,
    max_pool_connections=THREADS,
    parameter_validation=False,
    user_agent=USER_AGENT,
)

_PAUSE = frozenset(
    {
        PauseCode.SENDING_PAUSED, PauseCode.ACCOUNT_SUSPENDED, PauseCode.LIMIT_EXCEEDED,
        PauseCode.MAIL_FROM_NOT_VERIFIED, PauseCode.NOT_FOUND, PauseCode.ACCESS_DENIED,
        PauseCode.ACCESS_DENIED_SHORT, PauseCode.CLIENT_UNKNOWN, PauseCode.CREDENTIALS_INVALID,
        PauseCode.CREDENTIALS_EXPIRED, PauseCode.CREDENTIALS_EXPIRED_SHORT,
    }
)  # fmt: skip
SANDBOX = (
    "this account is in SES's sandbox, where only verified addresses can be mailed. Ask AWS for "
    "production access in this Region: aws sesv2 put-account-details --production-access-enabled "
    "--mail-type TRANSACTIONAL --website-url https://..."
)
# The request was never sent, because no connection was made.
_NOT_CALLED = (ConnectTimeoutError, EndpointConnectionError)
_NO_CREDENTIALS = (NoCredentialsError, PartialCredentialsError)


@dataclass(frozen=True)
class Mail:
    """One mail for SES. `raw` is the complete MIME; SES's events return the tags."""

    to: str
    raw: bytes
    topic: str
    tags: dict[str, str]


@dataclass(frozen=True)
class Mailer:
    """The e-mail channel: the account's SES, its contact list, configuration set and sender.

    If people may answer, `links` makes each recipient's own link.
    """

    ses: "SESV2Client"
    contact_list: str
    configuration_set: str
    sender: str
    links: Links | None = None

    def prepare(self, body: bytes) -> Rendering:
        """Load the MIME of a run, to be spliced for each recipient; see `Channel`."""
        return load(body)

    def deliver(self, run: Run, batch: Batch, recipient: Recipient, rendering: Rendering) -> str:
        """Send a recipient its mail; see `Channel`. The tags lead SES's events back to it."""
        topic = topic_of(run, recipient.variant)
        tags = {
            "k": recipient.key,
            "a": str(recipient.attempt),
            "r": f"{run.run}-{batch.number}",
            # SES starts its Feedback-ID header with these, so that complaints show topic and kind
            # of mail.
            "ses:feedback-id-a": topic,
            "ses:feedback-id-b": run.kind,
        }
        own_page = ""
        if self.links and RESPONSE in rendering.gaps:
            own_page = self.links.respond(run, batch.number, recipient)
        raw = splice(rendering, recipient.address, own_page)
        return send(self, Mail(recipient.address, raw, topic, tags))


def send(mailer: Mailer, mail: Mail) -> str:
    """Send one mail and return SES's message id.

    Raises:
        Retry: The rate is exceeded, or SES cannot be reached.
        PauseRun: No mail will be sent until time passes or a person acts.
        RecipientRefused: This mail is refused permanently.
        Unanswered: The mail may or may not have been sent; see sending/unanswered.py.
    """
    try:
        answer = mailer.ses.send_email(
            FromEmailAddress=mailer.sender,
            Destination={"ToAddresses": [mail.to]},
            Content={"Raw": {"Data": mail.raw}},
            EmailTags=[{"Name": name, "Value": value} for name, value in mail.tags.items()],
            ConfigurationSetName=mailer.configuration_set,
            ListManagementOptions={
                "ContactListName": mailer.contact_list,
                "TopicName": mail.topic,
            },
        )
    except ClientError as error:
        raise translated(error, mailer.sender) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise _without_answer(error) from error
    if not answer.get("MessageId"):
        raise Unanswered("the answer has no message id, so it is not from SES")
    return answer["MessageId"]


def _without_answer(error: BotoCoreError | ResponseParserError) -> Exception:
    """Return the error for a missing answer: unknown, unless the request was certainly not sent."""
    name = type(error).__name__
    if isinstance(error, _NOT_CALLED):
        return Retry(f"SES could not be reached: {name}")
    if isinstance(error, _NO_CREDENTIALS):
        return PauseRun(PauseCode.NO_CREDENTIALS, "the function has no credentials")
    return Unanswered(f"the call to SES ended without an answer: {name}")


def translated(error: ClientError, sender: str = "") -> Exception:
    """Translate an answer from SES into the delivery guarantee's errors, without any address."""
    code = error.response["Error"].get("Code", "")
    message = without_addresses(error.response["Error"].get("Message", ""))
    metadata = error.response.get("ResponseMetadata", {})
    status, request = metadata.get("HTTPStatusCode", 0), metadata.get("RequestId")
    if code in {"TooManyRequestsException", "ThrottlingException", "Throttling"} or status == 429:
        if "daily" in message.lower():
            return PauseRun(PauseCode.DAILY_QUOTA, message, request)
        return Retry(message)
    if code == "MessageRejected" and "not verified" in message.lower():
        is_ours = _names_sender(sender, error)
        why = (PauseCode.SENDER_NOT_VERIFIED, message) if is_ours else (PauseCode.SANDBOX, SANDBOX)
        return PauseRun(*why, request)
    if code in _PAUSE or status == 403:
        return _pause(code, message, request)
    if 400 <= status < 500:
        return RecipientRefused(code, message, request)
    return Unanswered(f"SES answered {status} {code}")


def _pause(code: str, message: str, request: str | None) -> PauseRun:
    """Return the pause with SES's own code; an unknown code goes into the message."""
    if code in _PAUSE:
        return PauseRun(PauseCode(code), message, request)
    return PauseRun(PauseCode.REQUEST_DENIED, f"{code}: {message}", request)


def _names_sender(sender: str, error: ClientError) -> bool:
    """Return whether SES rejects the sender, because its domain lost its DNS records.

    Otherwise it rejects the recipient, which SES checks only without production access.

    "Email address is not verified. The following identities failed the check in region ...: ..."
    https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
    """
    words = error.response["Error"].get("Message", "").lower()
    named = set(re.split(r"[\s,:;<>\"]+", words))
    ours = {sender.lower(), sender.lower().rpartition("@")[2]} - {""}
    return not named.isdisjoint(ours)
