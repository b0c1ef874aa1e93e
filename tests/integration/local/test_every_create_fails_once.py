"""Whichever resource fails first, repeating the command succeeds, and nothing is orphaned.

The templates as CloudFormation gets them, with our own deployment and the documented rights.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from changecast_cli.deploying.stacks import deploy_stack
from changecast_cli.failures import Failed
from changecast_cli.local.deployer import CUSTOMER_POLICIES, DEPLOYER, HUB_POLICIES, deployer
from changecast_local.cloud import Cloud
from testbed.expand import expanded
from tests.integration.local import stage
from tests.integration.local.deploying import allowing
from tests.isolation.resolve import Place, Stack
from tests.support.deploy_rights import CUSTOMER, HUB, PARAMETERS, ROUTE, STACKS

Account = Callable[[], stage.Account]
BUCKET = "aws-sam-cli-managed-default-{account}"
POLICIES = {CUSTOMER: CUSTOMER_POLICIES, HUB: HUB_POLICIES, ROUTE: HUB_POLICIES}


def template(path: str, bucket: str) -> str:
    """A template whose functions' code is in sam's bucket."""
    body = json.dumps(expanded(path), separators=(",", ":"))
    return body.replace('"S3Bucket":"built"', f'"S3Bucket":"{bucket}"')


def created(path: str) -> list[str]:
    """The resources that are there with the parameters of these tests."""
    place = Place("111111111111", stage.REGION, STACKS[path])
    return sorted(Stack(expanded(path), PARAMETERS[path], place).resources)


@contextmanager
def each_failing_once() -> Iterator[list[str]]:
    """Let every resource fail at its first creation; return those that failed."""
    from ministack.services.cloudformation import stacks  # noqa: PLC0415 - the cloud loads it

    create = stacks._provision_resource
    failed: list[str] = []

    def provision(kind: str, name: str, *more: Any) -> Any:
        if name not in failed:
            failed.append(name)
            raise ValueError("Internal Failure")
        return create(kind, name, *more)

    stacks._provision_resource = provision
    try:
        yield failed
    finally:
        stacks._provision_resource = create


class Ground:
    """An account with what a deployment needs: sam's bucket, and for a route the hub's bus."""

    def __init__(self, cloud: Cloud, here: stage.Account, path: str) -> None:
        self.path, self.here = path, here
        self.bucket = BUCKET.format(account=here.number)
        s3 = here.client("s3")
        s3.create_bucket(
            Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": stage.REGION}
        )
        s3.put_object(Bucket=self.bucket, Key="package.zip", Body=stage.zipped(""))
        s3.put_object(Bucket=self.bucket, Key="template", Body=template(path, self.bucket))
        if path == ROUTE:
            here.client("events").create_event_bus(Name="changecast-hub")
        keys = deployer(cloud, here.number, POLICIES[path], stage.REGION)
        self.session = cloud.session_of(keys)
        self._let_create_without_a_change_set(here)
        self.before = self.inventory()

    def _let_create_without_a_change_set(self, here: stage.Account) -> None:
        """sam uses change sets, which take longer and have the same result."""
        create = allowing("cloudformation:CreateStack")
        here.client("iam").put_role_policy(
            RoleName=DEPLOYER, PolicyName="create", PolicyDocument=json.dumps(create)
        )

    def deploy(self) -> None:
        url = f"https://s3.amazonaws.com/{self.bucket}/template"
        deploy_stack(self.session, STACKS[self.path], url, PARAMETERS[self.path], poll_seconds=0.02)

    def inventory(self) -> set[tuple[str, str]]:
        """What the account has: (kind, name)."""
        found: set[tuple[str, str]] = set()
        for service, operation, key, named in KINDS:
            listed = getattr(self.here.client(service), operation)().get(key, [])
            found |= {(operation, str(each if named is None else each[named])) for each in listed}
        return found | set(self._rules()) | set(self._keys())

    def _rules(self) -> Iterator[tuple[str, str]]:
        events = self.here.client("events")
        for bus in events.list_event_buses()["EventBuses"]:
            for rule in events.list_rules(EventBusName=bus["Name"])["Rules"]:
                yield "rule", rule["Arn"]

    def _keys(self) -> Iterator[tuple[str, str]]:
        """Return the keys, except those that wait for their deletion, for at least a week."""
        kms = self.here.client("kms")
        for key in kms.list_keys()["Keys"]:
            if kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled":
                yield "key", key["KeyId"]


KINDS: tuple[tuple[str, str, str, str | None], ...] = (
    ("sqs", "list_queues", "QueueUrls", None),
    ("dynamodb", "list_tables", "TableNames", None),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("ssm", "describe_parameters", "Parameters", "Name"),
    ("events", "list_event_buses", "EventBuses", "Name"),
    ("events", "list_archives", "Archives", "ArchiveName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("sesv2", "list_contact_lists", "ContactLists", "ContactListName"),
    ("sesv2", "list_email_identities", "EmailIdentities", "IdentityName"),
    ("sesv2", "list_configuration_sets", "ConfigurationSets", None),
)


@pytest.mark.parametrize("path", [CUSTOMER, HUB, ROUTE])
def test_the_same_command_again_ends_well_and_leaves_no_orphan(
    cloud: Cloud, account: Account, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    ground = Ground(cloud, account(), path)
    wanted = created(path)
    with each_failing_once() as failed:
        for _ in wanted:
            with pytest.raises(Failed, match="Internal Failure"):
                ground.deploy()
            assert ground.inventory() == ground.before, f"{failed[-1]} failed: this is left"
        ground.deploy()
    assert sorted(failed) == wanted
    said = capfd.readouterr().err
    assert [name for name in failed if f"({name}: Internal Failure): deleting it" not in said] == []
    stacks = ground.here.client("cloudformation").describe_stacks()["Stacks"]
    assert [each["StackStatus"] for each in stacks if each["StackName"] == STACKS[path]] == [
        "CREATE_COMPLETE"
    ]
