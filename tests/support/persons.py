"""People of the hub's account in the embedded cloud, each with a source identity of their own."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from changecast_cli.deploying.sam import repository
from changecast_cli.local.stage import HUB, REGION
from changecast_local.cloud import Cloud

TRUST = {"Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]}
ADMINISTRATOR = "administrator"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def person_in(
    cloud: Cloud, person: str, policies: Iterable[str], identity: str
) -> Mapping[str, str]:
    """The environment of a person with these documents, or ADMINISTRATOR; `identity` is "" for
    none.
    """
    session, names = cloud.session(HUB.account, REGION), sorted(policies)
    iam, role = session.client("iam"), f"engineer-{'-'.join(names)}"[:64]
    root = {"AWS": f"arn:aws:iam::{HUB.account}:root"}
    trust = {"Effect": "Allow", "Principal": root, **TRUST}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=document)
    for name in names:
        text = _document(name)
        with suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_policy(PolicyName=name, PolicyDocument=text)
        arn = f"arn:aws:iam::{HUB.account}:policy/{name}"
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    asked: Any = {"SourceIdentity": identity} if identity else {}
    arn = f"arn:aws:iam::{HUB.account}:role/{role}"
    assume = session.client("sts").assume_role
    keys = assume(RoleArn=arn, RoleSessionName=person, **asked)["Credentials"]
    return {
        **cloud.environment(HUB.account, REGION),
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


def _document(name: str) -> str:
    if name == ADMINISTRATOR:
        return json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING]})
    return Path(repository() / "docs" / "policies" / f"{name}.json").read_text("utf-8")
