"""Interpret an error from AWS: whether the same request may succeed later.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html (throttling errors)
"""

from botocore.exceptions import BotoCoreError, ClientError

_THROTTLED = frozenset(
    {
        "TooManyRequestsException", "ThrottlingException", "Throttling", "ThrottledException",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled",
        "SlowDown",
    }
)  # fmt: skip


def passes(error: ClientError | BotoCoreError) -> bool:
    """Return whether the same request may succeed later.

    It may if AWS throttled the request, failed, or gave no answer; not if AWS refused it.
    """
    return not isinstance(error, ClientError) or is_throttled(error) or _status(error) >= 500


def is_throttled(error: ClientError) -> bool:
    """Return whether AWS refused the request because of too many others."""
    return error.response["Error"].get("Code") in _THROTTLED or _status(error) == 429


def _status(error: ClientError) -> int:
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status
