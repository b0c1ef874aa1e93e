"""The channel chat: one message to an SNS topic, in the format that Amazon Q Developer reads.

Amazon Q Developer shows it in Slack or Microsoft Teams; other subscribers get the raw message.
*Sent* means that SNS accepted it; nothing tells us what the chat did with it.
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
To add a channel: CONTRIBUTING.md, "Add a channel".
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)
from botocore.parsers import ResponseParserError

from changecast.contract.errors import RecipientRefused, Retry, Unanswered
from changecast.customer.ledger.endpoints import Endpoint
from changecast.customer.ledger.schema import Batch, Recipient, Run
from changecast.lambdas.clients import USER_AGENT

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# SNS has no idempotency token, so the client must not repeat a call.
ONCE = Config(
    retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=10, user_agent=USER_AGENT
)
_NOT_CALLED = (ConnectTimeoutError, EndpointConnectionError)
# Errors that a person may repair within a day, so we retry: permissions, the topic, its key.
_REPAIRABLE = frozenset({"AuthorizationError", "AccessDenied", "NotFound", "EndpointDisabled"})


@dataclass(frozen=True)
class Chat:
    """The channel of one chat, its SNS topic."""

    sns: "SNSClient"
    endpoint: Endpoint

    def prepare(self, body: bytes) -> str:
        """Return the message to publish; see `Channel`."""
        return body.decode()

    def deliver(self, run: Run, batch: Batch, recipient: Recipient, rendering: str) -> str:
        """Publish the message of a run; see `Channel`."""
        del run, batch, recipient  # all chats of a run get the same message
        return publish(self.sns, self.endpoint.target, rendering)


def publish(sns: "SNSClient", topic: str, message: str) -> str:
    """Publish one message and return SNS's id.

    Raises:
        Retry: It was not accepted, but may be later.
        RecipientRefused: SNS refuses this message permanently.
        Unanswered: It may or may not have been accepted, and there will be no evidence.
    """
    try:
        return sns.publish(TopicArn=topic, Message=message)["MessageId"]
    except ClientError as error:
        raise translated(error) from error
    except _NOT_CALLED as error:
        raise Retry(f"unreachable: {type(error).__name__}") from error
    except (BotoCoreError, ResponseParserError) as error:
        raise Unanswered(
            f"the call to SNS ended without an answer: {type(error).__name__}"
        ) from error


def translated(error: ClientError) -> Exception:
    """Translate an answer from SNS into the delivery guarantee's errors."""
    code = error.response["Error"].get("Code", "")
    metadata = error.response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode", 0)
    if status == 429 or "Throttl" in code or code.startswith("KMS") or code in _REPAIRABLE:
        return Retry(code)
    if 400 <= status < 500:
        message = error.response["Error"].get("Message", "")
        return RecipientRefused(code, message, metadata.get("RequestId"))
    return Unanswered(f"SNS answered {status} {code}")
