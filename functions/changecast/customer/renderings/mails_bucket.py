"""The account's encrypted mails bucket: the announced change and the renderings of each run."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


# The mails bucket has a lifecycle rule for each number of days: S3 objects have no own expiry.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
KEEP_DAYS = (64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192)
KEEP_TAG = "keep-days"


def change_key(run: str) -> str:
    """Return the key of a run's change, with which later revisions are compared."""
    return f"runs/{run}/change.json"


def rendering_key(run: str, variant: str) -> str:
    """Return the key of the rendering of one variant of a run's mail."""
    return f"runs/{run}/{variant}.json"


def without_page(variant: str) -> str:
    """Return the name of the rendering that is sent if nobody serves its readers' own pages."""
    return f"{variant}.without-page"


def code_key(run: str) -> str:
    """Return the key of the mail with a confirmation code for a run's change."""
    return f"runs/{run}/code.json"


def put(s3: "S3Client", bucket: str, key: str, body: bytes, keep: timedelta) -> None:
    """Store an object for some time; storing it again is safe."""
    s3.put_object(
        Bucket=bucket,
        Key=key,
        Body=body,
        ContentType="application/json",
        Tagging=f"{KEEP_TAG}={keep_days(keep)}",
    )


def keep_for(s3: "S3Client", bucket: str, key: str, keep: timedelta) -> None:
    """Change how long an object is kept, from when it was stored; skip one that is missing.

    Tags do not change an object's age in S3's lifecycle.
    """
    tags: Any = {"TagSet": [{"Key": KEEP_TAG, "Value": str(keep_days(keep))}]}
    try:
        s3.put_object_tagging(Bucket=bucket, Key=key, Tagging=tags)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise


def keys_of(s3: "S3Client", bucket: str, run: str) -> list[str]:
    """Return the keys of a run's objects, always fewer than the 1,000 of one response."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"runs/{run}/")
    return [each["Key"] for each in found.get("Contents", ())]


def keep_days(keep: timedelta) -> int:
    """Return the smallest number in KEEP_DAYS that is long enough; the largest if none is."""
    return next((days for days in KEEP_DAYS if timedelta(days) >= keep), KEEP_DAYS[-1])


def get(s3: "S3Client", bucket: str, key: str) -> bytes | None:
    """Return an object's content; None if there is none."""
    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
