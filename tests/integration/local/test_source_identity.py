"""A source identity is set once, stays, and only where the role's trust policy allows it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from changecast_local.cloud import Cloud, running
from changecast_local.environment import REGION

ACCOUNT = "111111111111"
PEOPLE = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
NAMED = {
    "Effect": "Allow",
    "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::office/${aws:SourceIdentity}/*",
}
ASSUME = {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with running(auth=True) as started:
        session = started.session(ACCOUNT, REGION)
        place: Any = {"LocationConstraint": REGION}
        session.client("s3").create_bucket(Bucket="office", CreateBucketConfiguration=place)
        for role, actions in {
            "open": ["sts:AssumeRole", "sts:SetSourceIdentity"],
            "second": ["sts:AssumeRole", "sts:SetSourceIdentity"],
            "closed": ["sts:AssumeRole"],
        }.items():
            make_role(session, role, actions)
        yield started


def make_role(session: boto3.Session, name: str, actions: list[str]) -> None:
    iam = session.client("iam")
    trust = {"Effect": "Allow", "Principal": PEOPLE, "Action": actions}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(NAMED, ASSUME))


def policy(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def assumed(cloud: Cloud, role: str, identity: str = "", by: Any = None) -> Any:
    """A session of a role, taken by an administrator or in another session."""
    sts = (by or cloud.session(ACCOUNT, REGION)).client("sts", endpoint_url=cloud.endpoint)
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    asked: Any = {"SourceIdentity": identity} if identity else {}
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="any", **asked)["Credentials"]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)


def may_write(cloud: Cloud, session: Any, folder: str) -> bool:
    s3 = session.client("s3", endpoint_url=cloud.endpoint)
    try:
        s3.put_object(Bucket="office", Key=f"{folder}/note", Body=b"x")
    except ClientError as error:
        return error.response["Error"]["Code"] != "AccessDenied"
    return True


def test_a_session_writes_under_its_own_name_only(cloud: Cloud) -> None:
    alice = assumed(cloud, "open", "alice")
    found = {name: may_write(cloud, alice, name) for name in ("alice", "bob", "alicea", "any")}
    assert found == {"alice": True, "bob": False, "alicea": False, "any": False}
    assert not may_write(cloud, assumed(cloud, "open"), "alice")


def test_the_name_stays_in_the_next_role_and_nobody_changes_it(cloud: Cloud) -> None:
    alice = assumed(cloud, "open", "alice")
    next_role = assumed(cloud, "second", by=alice)
    assert may_write(cloud, next_role, "alice")
    with pytest.raises(ClientError, match="SetSourceIdentity"):
        assumed(cloud, "second", "bob", by=alice)


def test_a_role_that_does_not_trust_it_is_refused(cloud: Cloud) -> None:
    assert assumed(cloud, "closed")
    for by in (None, assumed(cloud, "open", "alice")):
        with pytest.raises(ClientError) as error:
            assumed(cloud, "closed", "alice" if by is None else "", by=by)
        assert error.value.response["Error"]["Code"] == "AccessDenied"
