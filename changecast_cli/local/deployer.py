"""Roles in the embedded cloud, with exactly the permissions in docs/policies/."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from changecast_cli.deploying.sam import repository
from changecast_local.cloud import Cloud

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

DEPLOYER, ENGINEER = "platform-deployer", "platform-engineer"
HUB_POLICIES = ("deploy-sam", "deploy-hub-*", "deploy-route", "deploy-bus")
CUSTOMER_POLICIES = ("deploy-sam", "deploy-customer-*")
HUB_OPERATING = ("operate-hub", "operate-repair", "operate-evidence", "operate-intake")
CUSTOMER_OPERATING = (
    "operate-customer", "operate-repair", "operate-contacts", "operate-freeze", "operate-forget",
    "operate-links", "operate-channels", "operate-send-test",
)  # fmt: skip
# Stack parameters that need their own document.
OPTIONS = {
    "AlertEmail": "deploy-email",
    "KmsKeyId": "deploy-key",
    "Responses": "deploy-responses",
    "TemplatesLayer": "deploy-layer",
}
# AWS's longest role session, so that a shell works as long as possible.
SESSION_SECONDS = 43_200


def deployer(
    cloud: Cloud, account: str, policies: Iterable[str], region: str, parameters: Iterable[str] = ()
) -> Mapping[str, str]:
    """Return the environment of an account's deployer; creates the role or adds the policies."""
    return _person(cloud, account, region, DEPLOYER, [*policies, *_options(parameters)])


def hub_engineer(
    cloud: Cloud, account: str, region: str, parameters: Iterable[str] = ()
) -> Mapping[str, str]:
    """Return the environment of an engineer who deploys and operates the hub."""
    requested = [*HUB_POLICIES, *HUB_OPERATING, *_options(parameters)]
    return _person(cloud, account, region, ENGINEER, requested)


def customer_engineer(
    cloud: Cloud, account: str, region: str, parameters: Iterable[str] = ()
) -> Mapping[str, str]:
    """Return the environment of an engineer who deploys and operates a customer's account."""
    requested = [*CUSTOMER_POLICIES, *CUSTOMER_OPERATING, *_options(parameters)]
    return _person(cloud, account, region, ENGINEER, requested)


def _options(parameters: Iterable[str]) -> list[str]:
    return [OPTIONS[name] for name in parameters if name in OPTIONS]


def _person(
    cloud: Cloud, account: str, region: str, role: str, policies: Iterable[str]
) -> Mapping[str, str]:
    session = cloud.session(account, region)
    iam = session.client("iam")
    _make_role(iam, account, role)
    attached = _attached(iam, role)
    for pattern in policies:
        for path in sorted((repository() / "docs" / "policies").glob(f"{pattern}.json")):
            if path.stem not in attached:
                _attach(iam, account, role, path)
    keys = session.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/{role}",
        RoleSessionName="local",
        DurationSeconds=SESSION_SECONDS,
    )["Credentials"]
    return {
        **cloud.environment(account, region),
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


def _make_role(iam: "IAMClient", account: str, role: str) -> None:
    people = {"AWS": f"arn:aws:iam::{account}:root"}
    trust = {"Effect": "Allow", "Principal": people, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    try:
        iam.create_role(
            RoleName=role, AssumeRolePolicyDocument=document, MaxSessionDuration=SESSION_SECONDS
        )
    except iam.exceptions.EntityAlreadyExistsException:
        return


def _attached(iam: "IAMClient", role: str) -> set[str]:
    """Return the names of the policies that a role has; each of them saves two requests."""
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    return {one["PolicyName"] for page in pages for one in page["AttachedPolicies"]}


def _attach(iam: "IAMClient", account: str, role: str, path: Path) -> None:
    with suppress(iam.exceptions.EntityAlreadyExistsException):  # another role has it
        iam.create_policy(PolicyName=path.stem, PolicyDocument=path.read_text("utf-8"))
    iam.attach_role_policy(RoleName=role, PolicyArn=f"arn:aws:iam::{account}:policy/{path.stem}")
