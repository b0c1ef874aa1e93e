"""S3 in memory, and what its lifecycle rules delete."""

import io
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from testbed.doubles.answers import refusal
from testbed.doubles.clock import Clock

DAY = 86_400.0


class S3:
    """What our code uses of the S3 client."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.objects: dict[str, bytes] = {}
        self.created: dict[str, float] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **more: Any) -> dict[str, Any]:  # noqa: N803
        """PutObject."""
        name = f"{Bucket}/{Key}"
        self.objects[name], self.created[name] = Body, self.clock.now
        self.tags[name] = dict(parse_qsl(more.get("Tagging", "")))
        return {}

    def put_object_tagging(self, *, Bucket: str, Key: str, Tagging: Any) -> dict[str, Any]:  # noqa: N803
        """PutObjectTagging: the object stays as old as it is."""
        if f"{Bucket}/{Key}" not in self.objects:
            raise refusal("NoSuchKey", 404)
        self.tags[f"{Bucket}/{Key}"] = {tag["Key"]: tag["Value"] for tag in Tagging["TagSet"]}
        return {}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """GetObject."""
        if f"{Bucket}/{Key}" not in self.objects:
            raise refusal("NoSuchKey", 404)
        return {"Body": io.BytesIO(self.objects[f"{Bucket}/{Key}"])}

    def delete_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """DeleteObject: deleting an object that does not exist is not an error."""
        self.objects.pop(f"{Bucket}/{Key}", None)
        return {}

    def list_objects_v2(self, *, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803
        """ListObjectsV2: one page."""
        start = f"{Bucket}/{Prefix}"
        keys = [name.partition("/")[2] for name in sorted(self.objects) if name.startswith(start)]
        return {"Contents": [{"Key": key} for key in keys], "KeyCount": len(keys)}

    def expire(self, rules: Sequence[dict[str, Any]]) -> None:
        """Delete what the lifecycle rules say; where two rules match, the shorter one counts."""
        for name in [*self.objects]:
            key = name.partition("/")[2]
            days = [rule["ExpirationInDays"] for rule in rules if self._matches(rule, name, key)]
            if days and self.created[name] + min(days) * DAY <= self.clock.now:
                del self.objects[name], self.created[name], self.tags[name]

    def _matches(self, rule: dict[str, Any], name: str, key: str) -> bool:
        wanted = {tag["Key"]: tag["Value"] for tag in rule.get("TagFilters", ())}
        return key.startswith(rule.get("Prefix", "")) and wanted.items() <= self.tags[name].items()
