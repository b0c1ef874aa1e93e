"""Files in the intake bucket: what was dropped, where it goes, and moving it there.

    incoming/<any name>.json                       a document that somebody dropped
    announced/<change id>/<revision>.json          what was announced: the record, kept
    drafts/<name>-<version>.json                   drafts: nobody is told
    rejected/<name>-<version>.json, .reason.txt    what cannot be announced, and why

A change id is percent-encoded, since it may have slashes. Each version of a file is a drop of its
own: a newer one that comes while the older is taken in is neither lost nor taken for it.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from changecast.messages import named, object_in, part

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INCOMING = "incoming/"
_LONGEST_NAME = 900  # of the 1,024 bytes of a key; the rest says where it is, and what
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


@dataclass(frozen=True)
class Drop:
    """One version of one dropped file. `version` is "" in a bucket without versions."""

    bucket: str
    key: str
    version: str
    is_empty: bool
    requester: str

    @property
    def is_file(self) -> bool:
        """Whether it is anything but the folder itself."""
        return self.key.startswith(INCOMING) and not self.key.endswith("/")


def drop_of(body: str) -> Drop:
    """The drop that an `Object Created` event is about; ContractError where it is none.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    detail = part(object_in(body), "detail")
    thing = part(detail, "object")
    return Drop(
        bucket=named(part(detail, "bucket"), "name"),
        key=named(thing, "key"),
        version=str(thing.get("version-id", "")),
        is_empty=thing.get("size", 0) == 0,
        requester=str(detail.get("requester", "unknown")),
    )


def read(s3: "S3Client", drop: Drop, most: int) -> bytes | None:
    """What the file holds, no more than `most` bytes and one; None where it is gone."""
    try:
        # There is no part of nothing.
        part: Any = {"Range": f"bytes=0-{most}"} if not drop.is_empty else {}
        answer = s3.get_object(**_source(drop), **part)
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return None
        raise
    return answer["Body"].read()


def keep_announced(s3: "S3Client", drop: Drop, body: bytes, change_id: str, revision: int) -> str:
    """Put the document among the announced ones, unless it is there; comes back: its key."""
    key = f"announced/{quote(change_id, safe='')}/{revision}.json"
    try:
        s3.put_object(
            Bucket=drop.bucket,
            Key=key,
            Body=body,
            ContentType="application/json",
            IfNoneMatch="*",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
    return key


def keep_draft(s3: "S3Client", drop: Drop) -> str:
    """Copy a draft out of the way; comes back: its key."""
    key = f"drafts/{_own_name(drop)}.json"
    _copy(s3, drop, key)
    return key


def keep_rejected(s3: "S3Client", drop: Drop, reason: str) -> str:
    """Copy a file among the rejected ones, with the reason beside it; comes back: its key."""
    name = f"rejected/{_own_name(drop)}"
    _copy(s3, drop, f"{name}.json")
    s3.put_object(
        Bucket=drop.bucket,
        Key=f"{name}.reason.txt",
        Body=reason.encode(),
        ContentType="text/plain; charset=utf-8",
    )
    return f"{name}.json"


def remove(s3: "S3Client", drop: Drop) -> None:
    """Take exactly this version of the file out of incoming/."""
    s3.delete_object(**_source(drop))


def _copy(s3: "S3Client", drop: Drop, key: str) -> None:
    # Tags are left behind: copying them would need rights of its own.
    s3.copy_object(
        Bucket=drop.bucket, Key=key, CopySource=_source(drop), TaggingDirective="REPLACE"
    )


def _source(drop: Drop) -> Any:
    source = {"Bucket": drop.bucket, "Key": drop.key}
    return source | ({"VersionId": drop.version} if drop.version else {})


def _own_name(drop: Drop) -> str:
    """The file's own name, made unique by its version."""
    stem = PurePosixPath(drop.key).name.removesuffix(".json")
    stem = stem.encode()[:_LONGEST_NAME].decode(errors="ignore")
    return f"{stem}-{drop.version[:8]}" if drop.version else stem
