"""Requests and responses of an HTTP API, payload format 2.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

MOST_BYTES = 200_000
_FIELDS = 40
_HOST = re.compile(r"[A-Za-z0-9.-]{1,255}(:[0-9]{1,5})?")


class Unreadable(Exception):
    """A request whose body is not a form of ours; `status` is the response's."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Request:
    """A request. `base_url` is the address that it was sent to."""

    method: str
    path: str
    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def form(self) -> dict[str, str]:
        """Return the fields of a form; of repeated names, only the last.

        Raises:
            Unreadable: The body is too large, or is not a form.
        """
        if len(self.body) > MOST_BYTES:
            raise Unreadable(413)
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise Unreadable(415)
        try:
            text = self.body.decode("ascii")
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
        except ValueError as error:
            raise Unreadable(400) from error
        return dict(pairs)


@dataclass(frozen=True)
class Reply:
    """A response; its body is text, never bytes."""

    status: int
    body: str
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def request_of(event: Mapping[str, Any]) -> Request:
    """Read a request from an HTTP API's event; missing fields are empty."""
    context = event["requestContext"]
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    scheme = "http" if headers.get("x-forwarded-proto") == "http" else "https"
    host = headers.get("host", "")
    if not _HOST.fullmatch(host):
        host = str(context.get("domainName", ""))
    return Request(
        str(context["http"]["method"]).upper(),
        str(event.get("rawPath", "")),
        f"{scheme}://{host}",
        headers,
        _body(event),
    )


def event_of(reply: Reply, method: str) -> dict[str, Any]:
    """Return a response for an HTTP API; HEAD has no body."""
    return {
        "statusCode": reply.status,
        "headers": {
            "content-type": reply.content_type,
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "strict-transport-security": "max-age=31536000",
            "x-content-type-options": "nosniff",
            "x-robots-tag": "noindex, nofollow",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            **reply.headers,
        },
        "body": "" if method == "HEAD" else reply.body,
        "isBase64Encoded": False,
    }


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode("utf-8", "replace")
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return b""
