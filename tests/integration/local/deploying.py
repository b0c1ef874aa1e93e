"""Stacks that are deployed by a role with limited policies."""

import json
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from changecast_local.cloud import Session
from tests.integration.local import stage

Resources = dict[str, dict[str, Any]]
STACK = "changecast"


class Deployer:
    """A role of an account with these policy documents, and the stacks that it deploys."""

    def __init__(self, account: stage.Account, documents: Iterable[Any], opened: ExitStack) -> None:
        self.account = account
        iam = account.client("iam")
        people = {"AWS": f"arn:aws:iam::{account.number}:root"}
        iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=_policy(
            {"Effect": "Allow", "Principal": people, "Action": "sts:AssumeRole"}))  # fmt: skip
        self.allow(*documents)
        role = f"arn:aws:iam::{account.number}:role/deployer"
        keys = account.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")
        session = Session(
            account._endpoint,
            aws_access_key_id=keys["Credentials"]["AccessKeyId"],
            aws_secret_access_key=keys["Credentials"]["SecretAccessKey"],
            aws_session_token=keys["Credentials"]["SessionToken"],
            region_name=stage.REGION,
        )
        self.session = session
        self.stacks = session.client("cloudformation")
        opened.callback(self.stacks.close)

    def allow(self, *documents: Any) -> None:
        """Give the role these policies instead of those that it has."""
        iam = self.account.client("iam")
        for name in iam.list_role_policies(RoleName="deployer")["PolicyNames"]:
            iam.delete_role_policy(RoleName="deployer", PolicyName=name)
        for number, document in enumerate(documents):
            body = document if isinstance(document, str) else json.dumps(document)
            iam.put_role_policy(
                RoleName="deployer", PolicyName=f"policy-{number}", PolicyDocument=body
            )

    def create(self, resources: Resources, stack: str = STACK) -> str:
        """Create a stack; returns how it ended."""
        body = json.dumps({"Resources": resources})
        self.stacks.create_stack(
            StackName=stack, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        return self.ended(stack)

    def update(self, resources: Resources, stack: str = STACK) -> str:
        """Update a stack; returns how it ended."""
        body = json.dumps({"Resources": resources})
        self.stacks.update_stack(
            StackName=stack, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        return self.ended(stack)

    def delete(self, stack: str = STACK) -> str:
        """Delete a stack; returns how it ended."""
        known = self._look(stack)["StackId"]
        self.stacks.delete_stack(StackName=stack)
        return self.ended(known)

    def ended(self, stack: str) -> str:
        """Return the status of a stack when nothing is in progress."""

        def look() -> str | None:
            status = str(self._look(stack)["StackStatus"])
            return None if status.endswith("IN_PROGRESS") else status

        return str(stage.eventually(look))

    def reason(self, stack: str = STACK) -> str:
        """Why the first of the stack's resources failed."""
        admin = self.account.client("cloudformation")
        events = admin.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [each for each in events if each["ResourceStatus"].endswith("_FAILED")]
        return str(failed[-1]["ResourceStatusReason"])

    def _look(self, stack: str) -> dict[str, Any]:
        """Read as an administrator, because the deployer's read rights are tested elsewhere."""
        admin = self.account.client("cloudformation")
        return dict(admin.describe_stacks(StackName=stack)["Stacks"][0])


def _policy(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allowing(*actions: str, resource: str = "*") -> dict[str, Any]:
    """A policy document with one statement."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}],
    }
