"""The bucket and the function of a hub where two persons announce, without AWS."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

from botocore.exceptions import ClientError, NoCredentialsError

from changecast.hub.announcing.publish_approved import publish_approved
from changecast.hub.registry import Place
from tests.support.fake_hub import FakeHub, fake_hub


class Bucket:
    """An S3 client with one bucket."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, key: str, body: bytes) -> None:
        self.objects[key] = body

    def get_object(self, Bucket: str, Key: str) -> Any:  # noqa: N803 - boto3's names
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Bucket}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        self.put(Key, Body)

    def delete_object(self, Bucket: str, Key: str) -> None:  # noqa: N803 - boto3's names
        self.objects.pop(Key, None)

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[Any]:  # noqa: N803
        yield {"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]}


@dataclass
class Publishing:
    """A session of the hub's account: its bucket, and the function that publishes."""

    hub: FakeHub
    bucket: Bucket = field(default_factory=Bucket)

    def client(self, service: str, **_: Any) -> Any:
        if service not in ("s3", "lambda"):
            raise NoCredentialsError  # no customer's account is open
        return self.bucket if service == "s3" else self

    def invoke(self, FunctionName: str, Payload: bytes) -> Any:  # noqa: N803
        said = publish_approved(cast(Any, self.bucket), "bucket", self.hub, json.loads(Payload))
        return {"Payload": io.BytesIO(json.dumps(said).encode())}


def two_person_hub(session_name: str = "alice") -> FakeHub:
    """A hub where two persons announce, and who asks."""
    caller = f"arn:aws:sts::111111111111:assumed-role/engineer/{session_name}"
    return replace(fake_hub(), two_persons=Place("bucket", "publish"), caller=caller)
