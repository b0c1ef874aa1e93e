"""The account's encrypted bucket: per run the change as announced, and its rendered mails."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def change_key(run: str) -> str:
    """Where the canonical change of a run lies; later revisions are compared with it."""
    return f"runs/{run}/change.json"


def rendering_key(run: str, variant: str) -> str:
    """Where the rendering of one variant of a run's mail lies."""
    return f"runs/{run}/{variant}.json"


def put(s3: "S3Client", bucket: str, key: str, body: bytes) -> None:
    """Keep an object; putting it again puts the same."""
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")


def get(s3: "S3Client", bucket: str, key: str) -> bytes | None:
    """An object as it was put, None where there is none."""
    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
