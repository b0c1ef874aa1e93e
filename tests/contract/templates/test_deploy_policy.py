"""docs/policies/deploy.json lets its holder create what the templates have, and no more."""

import json
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.isolation.expand import TEMPLATES, expanded

ROOT = Path(__file__).parents[3]
POLICY = json.loads((ROOT / "docs" / "policies" / "deploy.json").read_text("utf-8"))
CREATES = {
    "AWS::CloudWatch::Alarm": "cloudwatch:PutMetricAlarm",
    "AWS::CloudWatch::Dashboard": "cloudwatch:PutDashboard",
    "AWS::DynamoDB::Table": "dynamodb:CreateTable",
    "AWS::Events::Archive": "events:CreateArchive",
    "AWS::Events::EventBus": "events:CreateEventBus",
    "AWS::Events::EventBusPolicy": "events:PutPermission",
    "AWS::Events::Rule": "events:PutTargets",
    "AWS::IAM::Role": "iam:CreateRole",
    "AWS::KMS::Key": "kms:CreateKey",
    "AWS::Lambda::EventInvokeConfig": "lambda:PutFunctionEventInvokeConfig",
    "AWS::Lambda::EventSourceMapping": "lambda:CreateEventSourceMapping",
    "AWS::Lambda::Function": "lambda:CreateFunction",
    "AWS::Lambda::Permission": "lambda:AddPermission",
    "AWS::Logs::LogGroup": "logs:CreateLogGroup",
    "AWS::S3::Bucket": "s3:CreateBucket",
    "AWS::S3::BucketPolicy": "s3:PutBucketPolicy",
    "AWS::SES::ConfigurationSet": "ses:CreateConfigurationSet",
    "AWS::SES::ConfigurationSetEventDestination": "ses:CreateConfigurationSetEventDestination",
    "AWS::SES::ContactList": "ses:CreateContactList",
    "AWS::SES::EmailIdentity": "ses:CreateEmailIdentity",
    "AWS::SNS::Subscription": "sns:Subscribe",
    "AWS::SNS::Topic": "sns:CreateTopic",
    "AWS::SNS::TopicPolicy": "sns:SetTopicAttributes",
    "AWS::SQS::Queue": "sqs:CreateQueue",
    "AWS::SQS::QueuePolicy": "sqs:SetQueueAttributes",
    "AWS::SSM::Parameter": "ssm:PutParameter",
}
ACTIONS = {action for statement in POLICY["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("template", TEMPLATES)
def test_whoever_deploys_may_create_every_type_of_resource(template: str) -> None:
    types = {each["Type"] for each in expanded(template)["Resources"].values()}
    assert {kind for kind in types if CREATES.get(kind) not in ACTIONS} == set()


def test_the_policy_fits_into_a_managed_policy() -> None:
    assert len(json.dumps(POLICY, separators=(",", ":"))) <= 6_144


def test_roles_and_data_of_others_are_out_of_reach() -> None:
    for statement in POLICY["Statement"]:
        kinds = {action.partition(":")[0] for action in statement["Action"]}
        if kinds & {"iam", "s3", "dynamodb", "sqs", "ssm", "sns"}:
            assert not any(fnmatch("arn:aws:iam::1:role/Admin", r) for r in statement["Resource"])
            assert "*" not in statement["Resource"]
    assert not any("*" in action for action in ACTIONS)
    reads = {"sqs:ReceiveMessage", "dynamodb:GetItem", "dynamodb:Query", "ses:ListContacts"}
    assert not reads & ACTIONS
