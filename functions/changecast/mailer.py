"""One mail through the account's own SES, and what its answer means.

SendEmail has no idempotency token, so the client must never repeat a call by itself.
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from changecast.errors import PauseRun, RecipientRefused, Retry, Unanswered

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

THREADS = 32
CONNECT_TIMEOUT = 3
READ_TIMEOUT = 10
ONCE = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=CONNECT_TIMEOUT,
    read_timeout=READ_TIMEOUT,
    max_pool_connections=THREADS,
)

_PAUSE = frozenset(
    {
        "SendingPausedException", "AccountSuspendedException", "LimitExceededException",
        "MailFromDomainNotVerifiedException", "NotFoundException", "AccessDeniedException",
        "AccessDenied", "UnrecognizedClientException", "InvalidClientTokenId",
        "ExpiredTokenException", "ExpiredToken",
    }
)  # fmt: skip
_REFUSED = frozenset(
    {"MessageRejected", "BadRequestException", "ValidationException", "InvalidParameterValue"}
)


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

    Raises Retry (over the rate), PauseRun (nothing will go out until somebody acts),
    RecipientRefused (this mail is refused for good), Unanswered (it may or may not be on its way).
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
        raise translated(error) from error
    except BotoCoreError as error:
        raise Unanswered(
            f"the call to SES ended without an answer: {type(error).__name__}"
        ) from error
    return answer["MessageId"]


def translated(error: ClientError) -> Exception:
    """What an answer of SES means, by the classes of the delivery guarantee."""
    code = error.response["Error"].get("Code", "")
    message = error.response["Error"].get("Message", "")
    metadata = error.response.get("ResponseMetadata", {})
    status, request = metadata.get("HTTPStatusCode", 0), metadata.get("RequestId")
    if code in {"TooManyRequestsException", "ThrottlingException", "Throttling"} or status == 429:
        if "daily" in message.lower():
            return PauseRun("daily_quota", message, request)
        return Retry(message)
    if code in _PAUSE:
        return PauseRun(code, message, request)
    if code in _REFUSED or 400 <= status < 500:
        return RecipientRefused(code, message, request)
    return Unanswered(f"SES answered {status} {code}")
