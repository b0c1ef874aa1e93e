"""Errors as boto3 raises them."""

from typing import Any

from botocore.exceptions import ClientError


def refusal(code: str, status: int, message: str = "", **more: Any) -> ClientError:
    """An answer of AWS that is an error."""
    response: Any = {
        "Error": {"Code": code, "Message": message or code},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "request-1"},
        **more,
    }
    return ClientError(response, "Operation")
