"""Stacks end as on AWS: the deployer's rights, rollback, names, references."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.local import stage
from tests.integration.local.deploying import Deployer, Resources, allowing

Account = Callable[[], stage.Account]
STACKS = ("cloudformation:*",)
QUEUE = (
    "sqs:CreateQueue", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags",
    "sqs:TagQueue",
)  # fmt: skip
CHANGED = ("sqs:SetQueueAttributes", "sqs:UntagQueue")


@pytest.fixture
def deployer(account: Account) -> Iterator[Callable[..., Deployer]]:
    with ExitStack() as opened:
        yield lambda *actions: Deployer(account(), [allowing(*STACKS, *actions)], opened)


def queue(name: str = "changecast-hints", **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **more}}


def table(**more: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::DynamoDB::Table",
        **more,
        "Properties": {
            "TableName": "changecast-status",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        },
    }


def failing(*after: str) -> dict[str, Any]:
    """A resource that cannot be created, after these."""
    policy = {"EventBusName": "nowhere", "StatementId": "one", "Statement": {}}
    return {"Type": "AWS::Events::EventBusPolicy", "DependsOn": list(after), "Properties": policy}


# ---- The deployer
def test_a_deployer_with_all_documented_actions_creates_changes_and_deletes(
    deployer: Callable[..., Deployer],
) -> None:
    it = deployer(*QUEUE, *CHANGED, "sqs:DeleteQueue")
    assert it.create({"Queue": queue()}) == "CREATE_COMPLETE"
    assert it.update({"Queue": queue(DelaySeconds=1)}) == "UPDATE_COMPLETE"
    assert it.delete() == "DELETE_COMPLETE"


@pytest.mark.parametrize("missing", QUEUE)
def test_one_missing_action_fails_the_create_in_awss_words(
    deployer: Callable[..., Deployer], missing: str
) -> None:
    it = deployer(*(action for action in QUEUE if action != missing), "sqs:DeleteQueue")
    assert it.create({"Queue": queue()}) == "ROLLBACK_COMPLETE"
    caller = f"arn:aws:sts::{it.account.number}:assumed-role/deployer/tests"
    arn = f"arn:aws:sqs:eu-central-1:{it.account.number}:changecast-hints"
    assert f"User: {caller} is not authorized to perform: {missing} on resource: {arn}" in (
        it.reason()
    )


@pytest.mark.parametrize("missing", CHANGED)
def test_one_missing_action_fails_the_update(
    deployer: Callable[..., Deployer], missing: str
) -> None:
    it = deployer(*QUEUE, *(action for action in CHANGED if action != missing))
    assert it.create({"Queue": queue()}) == "CREATE_COMPLETE"
    assert it.update({"Queue": queue(DelaySeconds=1)}) == "UPDATE_ROLLBACK_COMPLETE"
    assert missing in it.reason()


def test_a_deployer_who_may_not_delete_leaves_a_failed_rollback(
    deployer: Callable[..., Deployer],
) -> None:
    it = deployer(*QUEUE)
    resources = {"Queue": queue(), "Late": failing("Queue")}
    assert it.create(resources) == "ROLLBACK_FAILED"


def test_cloudformation_says_that_it_calls_for_the_deployer(
    deployer: Callable[..., Deployer],
) -> None:
    it = deployer()
    own = allowing(*QUEUE, "sqs:DeleteQueue")
    own["Statement"][0]["Condition"] = {
        "ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}
    }
    it.allow(allowing(*STACKS), own)
    assert it.create({"Queue": queue()}) == "CREATE_COMPLETE"
    sqs = it.session.client("sqs")
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.delete_queue(QueueUrl=sqs.meta.endpoint_url + "/" + "changecast-hints")
    sqs.close()


def test_a_property_that_is_not_set_asks_for_nothing(deployer: Callable[..., Deployer]) -> None:
    logs = ("logs:CreateLogGroup", "logs:DescribeLogGroups", "logs:GetDataProtectionPolicy",
            "logs:ListTagsForResource", "logs:TagResource", "logs:DeleteLogGroup")  # fmt: skip
    it = deployer(*logs)
    group: dict[str, Any] = {"Type": "AWS::Logs::LogGroup", "Properties": {}}
    assert it.create({"Logs": group}, "changecast-one") == "CREATE_COMPLETE"
    kept: Resources = {"Logs": {**group, "Properties": {"RetentionInDays": 7}}}
    assert it.create(kept, "changecast-two") == "ROLLBACK_COMPLETE"
    assert "logs:DeleteRetentionPolicy" not in it.reason("changecast-two")
    assert "logs:PutRetentionPolicy" in it.reason("changecast-two")


def test_a_template_with_the_sam_transform_needs_it_allowed(
    deployer: Callable[..., Deployer],
) -> None:
    it = deployer(*QUEUE)
    it.allow(allowing(*STACKS, resource="arn:*:cloudformation:*:*:stack/*"))
    with pytest.raises(ClientError, match="transform/Serverless-2016-10-31"):
        it.stacks.create_stack(
            StackName="changecast",
            TemplateBody='{"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Q": '
            '{"Type": "AWS::SQS::Queue"}}}',
            Capabilities=["CAPABILITY_AUTO_EXPAND"],
        )


# ---- Rollback
@pytest.mark.parametrize(
    ("policy", "left"), [("Retain", ["changecast-status"]), ("RetainExceptOnCreate", [])]
)
def test_what_a_failed_create_leaves_behind(
    deployer: Callable[..., Deployer], policy: str, left: list[str]
) -> None:
    it = deployer("*")
    resources = {"Table": table(DeletionPolicy=policy), "Late": failing("Table")}
    assert it.create(resources) == "ROLLBACK_COMPLETE"
    assert it.account.client("dynamodb").list_tables()["TableNames"] == left


def test_what_is_retained_except_on_create_outlives_its_stack(
    deployer: Callable[..., Deployer],
) -> None:
    it = deployer("*")
    assert it.create({"Table": table(DeletionPolicy="RetainExceptOnCreate")}) == "CREATE_COMPLETE"
    assert it.delete() == "DELETE_COMPLETE"
    assert it.account.client("dynamodb").list_tables()["TableNames"] == ["changecast-status"]


def test_a_stack_that_rolled_back_can_only_be_deleted(deployer: Callable[..., Deployer]) -> None:
    it = deployer("*")
    assert it.create({"Late": failing()}) == "ROLLBACK_COMPLETE"
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE state and can not be updated"):
        it.update({"Queue": queue()})
    with pytest.raises(ClientError, match="AlreadyExists"):
        it.create({"Queue": queue()})
    for kind, says in (("CREATE", "AlreadyExists"), ("UPDATE", "can not be updated")):
        with pytest.raises(ClientError, match=says):
            it.stacks.create_change_set(
                StackName="changecast", ChangeSetName="one", ChangeSetType=kind, TemplateBody="{}"
            )
    assert it.delete() == "DELETE_COMPLETE"
    assert it.create({"Queue": queue()}) == "CREATE_COMPLETE"


# ---- Names
NAMED: Resources = {
    "Alarm": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "one", "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "Namespace": "N", "MetricName": "M", "Period": 60, "Statistic": "Sum", "Threshold": 0,
        },
    },
    "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "one"}},
    "Dashboard": {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {"DashboardName": "one", "DashboardBody": '{"widgets": []}'},
    },
    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "one"}},
    "Parameter": {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/one", "Type": "String", "Value": "1"},
    },
    "Queue": queue("one"),
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "one", "AssumeRolePolicyDocument": {"Statement": []}},
    },
    "Rule": {
        "Type": "AWS::Events::Rule",
        "Properties": {"Name": "one", "EventPattern": {"source": ["one"]}},
    },
    "Table": table(),
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "one"}},
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_a_name_that_is_taken_fails_the_create_and_stays(
    deployer: Callable[..., Deployer], name: str
) -> None:
    it = deployer("*")
    assert it.create({name: NAMED[name]}, "changecast-first") == "CREATE_COMPLETE"
    assert it.create({name: NAMED[name]}, "changecast-second") == "ROLLBACK_COMPLETE"
    assert "already exists" in it.reason("changecast-second")
    assert it.delete("changecast-first") == "DELETE_COMPLETE", "the second took nothing with it"


# ---- References
def refers(kind: str, **properties: Any) -> Resources:
    return {"It": {"Type": kind, "Properties": properties}}


URL = "http://sqs.eu-central-1.amazonaws.com/111111111111/nowhere"


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        (refers("AWS::SQS::QueuePolicy", Queues=[URL], PolicyDocument={}), "queue does not exist"),
        (refers("AWS::SNS::TopicPolicy", Topics=["arn:aws:sns:::no"], PolicyDocument={}), "Topic"),
        (refers("AWS::Lambda::EventSourceMapping", FunctionName="nowhere"), "does not exist"),
        (
            refers("AWS::Events::Rule", EventBusName="nowhere", EventPattern={"source": ["one"]}),
            "bus nowhere does not exist",
        ),
    ],
)
def test_a_reference_that_leads_nowhere_fails_the_create(
    deployer: Callable[..., Deployer], resources: Resources, says: str
) -> None:
    it = deployer("*")
    assert it.create(resources) == "ROLLBACK_COMPLETE"
    assert says in it.reason()


@pytest.mark.parametrize("part", [{}, {"DeadLetterConfig": True}])
def test_a_rule_whose_queue_is_missing_fails_the_create(
    deployer: Callable[..., Deployer], part: dict[str, Any]
) -> None:
    it = deployer("*")
    missing = f"arn:aws:sqs:eu-central-1:{it.account.number}:nowhere"
    there = {"Fn::GetAtt": ["Queue", "Arn"]}
    target: Any = {"Id": "one", "Arn": missing}
    if part:
        target = {"Id": "one", "Arn": there, "DeadLetterConfig": {"Arn": missing}}
    rule = refers("AWS::Events::Rule", EventPattern={"source": ["one"]}, Targets=[target])
    assert it.create({"Queue": queue(), **rule}) == "ROLLBACK_COMPLETE"
    assert f"{missing} does not exist" in it.reason()


def test_a_mapping_needs_a_queue_that_is_fit_for_its_function(
    deployer: Callable[..., Deployer],
) -> None:
    it = deployer("*")
    role = stage.make_role(it.account, "one")
    stage.make_function(it.account, "one", "def handler(event, context): pass", role, Timeout=60)
    mapping = refers(
        "AWS::Lambda::EventSourceMapping",
        FunctionName="one",
        EventSourceArn={"Fn::GetAtt": ["Queue", "Arn"]},
    )
    assert it.create({"Queue": queue(VisibilityTimeout=30), **mapping}) == "ROLLBACK_COMPLETE"
    assert "visibility timeout: 30 seconds is less than Function timeout: 60" in it.reason()
    it.delete()
    assert it.create({"Queue": queue(VisibilityTimeout=60), **mapping}) == "ROLLBACK_COMPLETE"
    assert "does not have permissions to call ReceiveMessage" in it.reason()


# ---- Reserved concurrency
def reserving(role: str, number: int) -> Resources:
    code = {"ZipFile": "def handler(event, context): pass"}
    return refers(
        "AWS::Lambda::Function",
        Role=role,
        Code=code,
        Handler="index.handler",
        Runtime="python3.11",
        ReservedConcurrentExecutions=number,
    )


def test_what_leaves_fewer_than_100_unreserved_is_refused(
    deployer: Callable[..., Deployer],
) -> None:
    it = deployer("*")
    role = stage.make_role(it.account, "one")
    assert it.create(reserving(role, 901)) == "ROLLBACK_COMPLETE"
    assert "below its minimum value of [100]" in it.reason()
    it.delete()
    assert it.create(reserving(role, 600)) == "CREATE_COMPLETE"
    assert it.create(reserving(role, 301), "changecast-two") == "ROLLBACK_COMPLETE"
    assert it.update(reserving(role, 900)) == "UPDATE_COMPLETE"
    aws = it.account.client("lambda")
    (name,) = (each["FunctionName"] for each in aws.list_functions()["Functions"])
    kept = aws.get_function_concurrency(FunctionName=name)
    assert kept["ReservedConcurrentExecutions"] == 900
    with pytest.raises(ClientError, match="minimum value"):
        aws.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=901)


# ---- Trust
def test_a_role_for_a_service_is_for_no_administrator(account: Account) -> None:
    ours, theirs = account(), account()
    role = stage.make_role(theirs, "changecast-reporter")
    for caller in (ours, theirs):
        with pytest.raises(ClientError, match="AccessDenied"):
            caller.client("sts").assume_role(RoleArn=role, RoleSessionName="one")
