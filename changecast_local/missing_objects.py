"""S3's answer for a missing object: 403 unless the caller may list the bucket.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Permissions)
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id

Answer = tuple[int, dict[str, str], Any]
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Awaitable[Answer]]


def install() -> None:
    """Check ministack's S3 responses to reads."""
    app.SERVICE_HANDLERS["s3"] = _hiding(app.SERVICE_HANDLERS["s3"])


def _hiding(handler: Handler) -> Handler:
    async def handle(
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        params: dict[str, list[str]],
    ) -> Answer:
        answer = await handler(method, path, headers, body, params)
        bucket, _, key = path.lstrip("/").partition("/")
        missing = key and method in ("GET", "HEAD") and answer[0] == 404
        return (_denial(bucket, headers, params) if missing and app.AUTH else None) or answer

    return handle


def _denial(bucket: str, headers: dict[str, str], params: dict[str, list[str]]) -> Answer | None:
    """Return S3's response to a caller who may not list the bucket; None if the caller may."""
    arn = f"arn:aws:s3:::{bucket}"
    caller = extract_access_key_id(headers, params)
    denied = iam_evaluator.enforce(caller, "s3:ListBucket", "s3", get_region(), resource_arn=arn)
    if denied is None:
        return None
    refusal: Answer = iam_actions.access_denied_response(
        "s3", "s3:ListBucket", denied.principal_arn, str(uuid4()), headers=headers, resource_arn=arn
    )
    return refusal
