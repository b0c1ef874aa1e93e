"""S3 as `sam deploy` and the mails bucket need it."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from tests.integration.local import stage

Account = Callable[[], stage.Account]

WRITE = (
    stage.BORROWED
    + """
import boto3
from botocore.exceptions import ClientError
s3 = boto3.client("s3")
def handler(event, context):
    try:
        if event["put"]:
            s3.put_object(Bucket="mails-of-this-test", Key=event["key"], Body=b"mail")
            return "put"
        return s3.get_object(Bucket="mails-of-this-test", Key=event["key"])["Body"].read().decode()
    except ClientError as error:
        return error.response["Error"]["Code"]
"""
)


@pytest.fixture
def here(account: Account) -> stage.Account:
    session = account()
    session.client("s3").create_bucket(
        Bucket="mails-of-this-test",
        CreateBucketConfiguration={"LocationConstraint": stage.REGION},
    )
    return session


@pytest.fixture(autouse=True)
def emptied(here: stage.Account) -> object:
    """Bucket names are everybody's: the next test wants this one."""
    yield
    s3 = here.client("s3")
    for item in s3.list_objects_v2(Bucket="mails-of-this-test").get("Contents", []):
        s3.delete_object(Bucket="mails-of-this-test", Key=item["Key"])
    s3.delete_bucket(Bucket="mails-of-this-test")


def test_a_role_writes_and_reads_below_its_prefix_only(here: stage.Account) -> None:
    below = "arn:aws:s3:::mails-of-this-test/runs/*"
    role = stage.make_role(here, "plan", stage.allow(["s3:GetObject", "s3:PutObject"], below))
    stage.make_function(here, "plan", WRITE, role)

    def call(key: str, *, put: bool) -> object:
        return stage.invoke(here, "plan", {"key": key, "put": put})[0]

    assert call("runs/1/text", put=True) == "put"
    assert call("runs/1/text", put=False) == "mail"
    assert call("others/1", put=True) == "AccessDenied"


def test_a_missing_object_is_nosuchkey_to_who_may_list_and_denied_to_who_may_not(
    here: stage.Account,
) -> None:
    bucket = "arn:aws:s3:::mails-of-this-test"
    read = stage.allow("s3:GetObject", f"{bucket}/*")
    stage.make_function(here, "blind", WRITE, stage.make_role(here, "blind", read))
    seeing = stage.make_role(here, "seeing", read, stage.allow("s3:ListBucket", bucket))
    stage.make_function(here, "seeing", WRITE, seeing)
    event = {"key": "runs/none", "put": False}
    assert stage.invoke(here, "seeing", event)[0] == "NoSuchKey"
    assert stage.invoke(here, "blind", event)[0] == "AccessDenied"


def test_another_account_sees_nothing_of_a_bucket(here: stage.Account, account: Account) -> None:
    here.client("s3").put_object(Bucket="mails-of-this-test", Key="runs/1", Body=b"mail")
    with pytest.raises(ClientError) as refused:
        account().client("s3").get_object(Bucket="mails-of-this-test", Key="runs/1")
    assert refused.value.response["Error"]["Code"] in {"AccessDenied", "403"}


def test_a_role_tags_an_object_for_how_long_it_is_kept(here: stage.Account) -> None:
    below = "arn:aws:s3:::mails-of-this-test/runs/*"
    tag = stage.allow(["s3:PutObject", "s3:PutObjectTagging"], below)
    stage.make_function(here, "tag", TAG, stage.make_role(here, "tag", tag))
    s3 = here.client("s3")

    def tags() -> list[dict[str, str]]:
        found = s3.get_object_tagging(Bucket="mails-of-this-test", Key="runs/1/text")
        return [dict(each) for each in found["TagSet"]]

    assert stage.invoke(here, "tag", {"put": True, "key": "runs/1/text"})[0] == "done"
    assert tags() == [{"Key": "keep-days", "Value": "128"}]
    assert stage.invoke(here, "tag", {"put": False, "key": "runs/1/text"})[0] == "done"
    assert tags() == [{"Key": "keep-days", "Value": "512"}]
    assert stage.invoke(here, "tag", {"put": False, "key": "others/1"})[0] == "AccessDenied"


TAG = (
    stage.BORROWED
    + """
import boto3
from botocore.exceptions import ClientError
s3 = boto3.client("s3")
def handler(event, context):
    where = {"Bucket": "mails-of-this-test", "Key": event["key"]}
    try:
        if event["put"]:
            s3.put_object(**where, Body=b"mail", Tagging="keep-days=128")
        else:
            tags = [{"Key": "keep-days", "Value": "512"}]
            s3.put_object_tagging(**where, Tagging={"TagSet": tags})
        return "done"
    except ClientError as error:
        return error.response["Error"]["Code"]
"""
)
