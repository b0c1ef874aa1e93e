"""S3 in memory."""

import io
from typing import Any

from tests.doubles.answers import refusal


class S3:
    """What our code uses of the S3 client."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **more: Any) -> dict[str, Any]:  # noqa: N803
        """PutObject."""
        self.objects[f"{Bucket}/{Key}"] = Body
        return {}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """GetObject."""
        if f"{Bucket}/{Key}" not in self.objects:
            raise refusal("NoSuchKey", 404)
        return {"Body": io.BytesIO(self.objects[f"{Bucket}/{Key}"])}
