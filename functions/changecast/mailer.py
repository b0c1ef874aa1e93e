"""One mail through the account's own SES, and what its answer means.

SendEmail has no idempotency token, so the client must never repeat a call by itself.
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
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

from changecast.addresses import without_addresses
from changecast.clients import USER_AGENT
from changecast.errors import PauseRun, RecipientRefused, Retry, Unanswered

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

THREADS = 32
CONNECT_TIMEOUT = 3
READ_TIMEOUT = 10
# From the start of a call to its end, whatever happens: name lookup and TLS included.
LONGEST_CALL = 20.0
# The requests are made here and not by people; what SES itself refuses, it says.
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
        "SendingPausedException", "AccountSuspendedException", "LimitExceededException",
        "MailFromDomainNotVerifiedException", "NotFoundException", "AccessDeniedException",
        "AccessDenied", "UnrecognizedClientException", "InvalidClientTokenId",
        "ExpiredTokenException", "ExpiredToken",
    }
)  # fmt: skip
# The request never left: there was nobody to connect to.
_NOT_CALLED = (ConnectTimeoutError, EndpointConnectionError)
_NO_CREDENTIALS = (NoCredentialsError, PartialCredentialsError)


@dataclass(frozen=True)
class Mail:
    """One mail as SES takes it. `raw` is the whole MIME; the tags come back in SES's events."""

    sender: str
    to: str
    raw: bytes
    topic: str
    tags: dict[str, str]


@dataclass(frozen=True)
class Mailer:
    """The account's SES, its contact list and configuration set."""

    ses: "SESV2Client"
    contact_list: str
    configuration_set: str


def send(mailer: Mailer, mail: Mail) -> str:
    """Send one mail; comes back: SES's message id.

    Raises Retry (over the rate, or nobody there to call), PauseRun (nothing will go out until
    somebody acts), RecipientRefused (this mail is refused for good), Unanswered (it may or may not
    be on its way).
    """
    try:
        answer = mailer.ses.send_email(
            FromEmailAddress=mail.sender,
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
        raise translated(error, mail.sender) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise _without_answer(error) from error
    if not answer.get("MessageId"):
        raise Unanswered("the answer has no message id: it is not SES's")
    return answer["MessageId"]


def _without_answer(error: BotoCoreError | ResponseParserError) -> Exception:
    """What it means that there was no answer: unknown, unless the request certainly never left."""
    name = type(error).__name__
    if isinstance(error, _NOT_CALLED):
        return Retry(f"SES could not be reached: {name}")
    if isinstance(error, _NO_CREDENTIALS):
        return PauseRun("no_credentials", "the function has no credentials")
    return Unanswered(f"the call to SES ended without an answer: {name}")


def translated(error: ClientError, sender: str = "") -> Exception:
    """What an answer of SES means, by the classes of the delivery guarantee; no address in it."""
    code = error.response["Error"].get("Code", "")
    message = without_addresses(error.response["Error"].get("Message", ""))
    metadata = error.response.get("ResponseMetadata", {})
    status, request = metadata.get("HTTPStatusCode", 0), metadata.get("RequestId")
    if code in {"TooManyRequestsException", "ThrottlingException", "Throttling"} or status == 429:
        if "daily" in message.lower():
            return PauseRun("daily_quota", message, request)
        return Retry(message)
    if code == "MessageRejected" and _is_unverified(sender, error):
        return PauseRun("sender_not_verified", message, request)
    if code in _PAUSE or status == 403:
        return PauseRun(code, message, request)
    if 400 <= status < 500:
        return RecipientRefused(code, message, request)
    return Unanswered(f"SES answered {status} {code}")


def _is_unverified(sender: str, error: ClientError) -> bool:
    """Whether SES rejects the sender, whose domain lost its records: then no recipient is at fault.

    "Email address is not verified. The following identities failed the check in region ...: ..."
    https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
    """
    words = error.response["Error"].get("Message", "").lower()
    named = set(re.split(r"[\s,:;<>\"]+", words))
    ours = {sender.lower(), sender.lower().rpartition("@")[2]} - {""}
    return "not verified" in words and not named.isdisjoint(ours)
