"""Files in the intake bucket: read a dropped one, and move it to where it belongs.

    incoming/<any name>.json                       a document that somebody dropped
    announced/<change id>/<revision>.json          what was announced, kept as a record
    drafts/<name>-<version>.json                   drafts: nobody is told
    rejected/<name>-<version>.json, .reason.txt    what cannot be announced, and why

A change id is percent-encoded because it may have slashes. Each version of a file is its own drop:
a newer version that arrives while the older is processed is neither lost nor confused with it.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from changecast.contract.messages import named, object_in, part

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INCOMING = "incoming/"
_LONGEST_NAME = 900  # of a key's 1,024 bytes; the rest is the folder and the suffix
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
        """Whether it is a file and not the folder itself."""
        return self.key.startswith(INCOMING) and not self.key.endswith("/")


def drop_of(body: str) -> Drop:
    """Return the drop of an `Object Created` event; ContractError if it has none.

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
    """Return the file's first `most` + 1 bytes; None if it is gone."""
    try:
        # An empty file has no range.
        part: Any = {"Range": f"bytes=0-{most}"} if not drop.is_empty else {}
        answer = s3.get_object(**_source(drop), **part)
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return None
        raise
    return answer["Body"].read()


def keep_announced(s3: "S3Client", drop: Drop, body: bytes, change_id: str, revision: int) -> str:
    """Copy the document to announced/, unless it is there; return its key."""
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
    """Copy a draft to drafts/; return its key."""
    key = f"drafts/{_own_name(drop)}.json"
    _copy(s3, drop, key)
    return key


def keep_rejected(s3: "S3Client", drop: Drop, reason: str) -> tuple[str, str]:
    """Copy a file to rejected/, with the reason beside it; return the keys of both."""
    name = f"rejected/{_own_name(drop)}"
    _copy(s3, drop, f"{name}.json")
    s3.put_object(
        Bucket=drop.bucket,
        Key=f"{name}.reason.txt",
        Body=reason.encode(),
        ContentType="text/plain; charset=utf-8",
    )
    return f"{name}.json", f"{name}.reason.txt"


def remove(s3: "S3Client", drop: Drop) -> None:
    """Delete exactly this version of the file from incoming/."""
    s3.delete_object(**_source(drop))


def _copy(s3: "S3Client", drop: Drop, key: str) -> None:
    # Tags are not copied, because that would need another permission.
    s3.copy_object(
        Bucket=drop.bucket, Key=key, CopySource=_source(drop), TaggingDirective="REPLACE"
    )


def _source(drop: Drop) -> Any:
    source = {"Bucket": drop.bucket, "Key": drop.key}
    return source | ({"VersionId": drop.version} if drop.version else {})


def _own_name(drop: Drop) -> str:
    """Return the file's own name, made unique by its version."""
    stem = PurePosixPath(drop.key).name.removesuffix(".json")
    stem = stem.encode()[:_LONGEST_NAME].decode(errors="ignore")
    return f"{stem}-{drop.version[:8]}" if drop.version else stem
