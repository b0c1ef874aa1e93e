"""What SES v2 answers on the wire."""

import json
from typing import Any
from uuid import uuid4

Answer = tuple[int, dict[str, str], bytes]


class Refusal(Exception):
    """SES refuses a request: `code` is the exception that the client sees."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def bad_request(message: str) -> Refusal:
    """400 BadRequestException."""
    return Refusal("BadRequestException", message)


def not_found(message: str) -> Refusal:
    """404 NotFoundException."""
    return Refusal("NotFoundException", message, 404)


def already_exists(message: str) -> Refusal:
    """400 AlreadyExistsException."""
    return Refusal("AlreadyExistsException", message)


def limit_exceeded(message: str) -> Refusal:
    """400 LimitExceededException."""
    return Refusal("LimitExceededException", message)


def accepted(body: dict[str, Any]) -> Answer:
    """200 with the operation's result."""
    return 200, _headers("application/json"), json.dumps(body).encode()


def refused(refusal: Refusal) -> Answer:
    """Return the error as SES v2 writes it."""
    headers = _headers("application/x-amz-json-1.1") | {"x-amzn-errortype": refusal.code}
    return refusal.status, headers, json.dumps({"message": refusal.message}).encode()


def _headers(content_type: str) -> dict[str, str]:
    return {"Content-Type": content_type, "x-amzn-requestid": str(uuid4())}
