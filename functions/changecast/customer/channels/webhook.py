"""The channel webhook: the notice, posted over HTTPS and signed as Standard Webhooks specifies.

`webhook-id` is the recipient's key: the same in every repeat of a notice, and another one for each
revision and endpoint. So it does no harm to repeat an unanswered call.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
To add a channel: CONTRIBUTING.md, "Add a channel".
"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import ContractError, RecipientRefused, Retry
from changecast.customer.channels.https import HttpAnswer, Post, Unreachable
from changecast.customer.channels.https import post as post_
from changecast.customer.channels.targets import Resolve, resolved, target_of, vetted
from changecast.customer.ledger.endpoints import ROTATION_SECONDS, Endpoint
from changecast.customer.ledger.schema import Batch, Recipient, Run
from changecast.lambdas.clients import USER_AGENT

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
SHORTEST_KEY, LONGEST_KEY = 24, 64
LONGEST_DIGITS = 8  # of a Retry-After, in seconds
GONE = "gone"
NOT_PUBLIC = "not_public"


@dataclass(frozen=True)
class Webhook:
    """The channel of one webhook: its address, and the place of its secrets.

    `loopback` allows this machine as the target, for trying out webhooks.
    """

    secrets: "SecretsManagerClient"
    endpoint: Endpoint
    loopback: bool = False
    clock: Callable[[], float] = time.time
    resolve: Resolve = resolved
    post: Post = post_

    def prepare(self, body: bytes) -> bytes:
        """Return the body to post; see `Channel`."""
        return body

    def deliver(self, run: Run, batch: Batch, recipient: Recipient, rendering: bytes) -> str:
        """Post the notice of a run; see `Channel`."""
        del run, batch
        return send(self, webhook_id(recipient), rendering)


def webhook_id(recipient: Recipient) -> str:
    """Return the id by which a receiver recognizes a repeat."""
    return f"msg_{recipient.key}"


def send(webhook: Webhook, id_: str, body: bytes) -> str:
    """Post one notice and return the receiver's status.

    Raises:
        Retry: The receiver did not accept it; its message is one word.
        RecipientRefused: `gone`: it wants no more notices; `not_public`: it must not be called.
    """
    headers = signed_headers(_keys(webhook), id_, int(webhook.clock()), body)
    try:
        target = target_of(webhook.endpoint.target)
        addresses = vetted(target, webhook.resolve, loopback=webhook.loopback)
        answer = webhook.post(target, addresses, body, headers)
    except ContractError as error:
        raise RecipientRefused(NOT_PUBLIC, error.message) from error
    except OSError as error:
        raise Retry("name") from error
    except Unreachable as error:
        raise Retry(str(error)) from error
    return _accepted(answer, webhook.clock())


def signed_headers(keys: Sequence[bytes], id_: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of one try, with a signature for each of the keys."""
    signed = f"{id_}.{timestamp}.".encode() + body
    signatures = (
        base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys
    )
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def key_of(secret: str) -> bytes:
    """Return the key in a secret: whsec_ and 24 to 64 bytes in base64.

    Raises:
        ContractError: `secret`: the error never includes the content.
    """
    try:
        key = base64.b64decode(secret.strip().removeprefix(SECRET_PREFIX), validate=True)
    except (ValueError, binascii.Error) as error:
        raise ContractError("secret", "the secret must be whsec_ followed by base64") from error
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ContractError(
            "secret", f"the key in the secret must have {SHORTEST_KEY} to {LONGEST_KEY} bytes"
        )
    return key


def _keys(webhook: Webhook) -> list[bytes]:
    """Read the signing key and, for a day after a rotation, the one before. Raises Retry."""
    is_rotating = webhook.clock() - webhook.endpoint.rotated_at < ROTATION_SECONDS
    try:
        secrets = [_secret(webhook, "AWSCURRENT")]
        if is_rotating and (before := _previous(webhook)):
            secrets.append(before)
        return [key_of(secret) for secret in secrets]
    except (ClientError, BotoCoreError, ContractError) as error:
        raise Retry("secret") from error


def _secret(webhook: Webhook, stage: str) -> str:
    found = webhook.secrets.get_secret_value(SecretId=webhook.endpoint.secret, VersionStage=stage)
    return found["SecretString"]


def _previous(webhook: Webhook) -> str:
    """Return the secret before the last rotation; empty if there never was one."""
    try:
        return _secret(webhook, "AWSPREVIOUS")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return ""


def _accepted(answer: HttpAnswer, now: float) -> str:
    """Return the status of a response that accepts the notice; raise for every other one.

    Redirects are not followed; they cause a retry.
    """
    if 200 <= answer.status < 300:
        return str(answer.status)
    if answer.status == 410:
        raise RecipientRefused(GONE, "the receiver answered 410 Gone: it wants no more notices")
    raise Retry(str(answer.status), _not_before(answer.retry_after, now))


def _not_before(retry_after: str, now: float) -> datetime | None:
    """Return when a receiver wants the next try, if its Retry-After says so."""
    if retry_after.isdecimal() and len(retry_after) < LONGEST_DIGITS:
        return datetime.fromtimestamp(now + int(retry_after), UTC)
    try:
        found = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return found if found.tzinfo else None
