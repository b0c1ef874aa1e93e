"""Add the object's version to EventBridge's events, if the bucket has versions.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import json
from contextvars import ContextVar
from typing import Any

from ministack.services import eventbridge, s3

_version: ContextVar[str] = ContextVar("version", default="")


def install() -> None:
    """Put the version that S3 knows into the event that it sends."""
    fire, dispatch = s3._fire_s3_event, eventbridge._dispatch_event

    def with_version(*arguments: Any, version_id: str | None = None, **more: Any) -> None:
        token = _version.set(version_id or "")
        try:
            fire(*arguments, version_id=version_id, **more)
        finally:
            _version.reset(token)

    def dispatched(event: dict[str, Any], view: Any = None) -> Any:
        if event["Source"] == "aws.s3" and _version.get():
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = _version.get()
            event = {**event, "Detail": json.dumps(detail)}
        return dispatch(event, view)

    s3._fire_s3_event = with_version
    eventbridge._dispatch_event = dispatched
