"""Errors as boto3 raises them."""

from typing import Any

from botocore.exceptions import ClientError


def refusal(code: str, status: int, message: str = "", **more: Any) -> ClientError:
    """Return an error as AWS answers it."""
    response: Any = {
        "Error": {"Code": code, "Message": message or code},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "request-1"},
        **more,
    }
    return ClientError(response, "Operation")
