"""The ARNs and names that resources get: the template's own, or made up the same each time."""

from collections.abc import Mapping
from typing import Any

# Properties that give a resource its name, in any of the types that we have.
NAMES = (
    "Name", "AlarmName", "RoleName", "TableName", "ArchiveName", "ContactListName",
    "EmailIdentity", "FunctionName", "QueueName", "TopicName", "BucketName",
)  # fmt: skip

FORMS = {
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::Archive": "arn:aws:events:{region}:{account}:archive/{name}",
    "AWS::Events::EventBus": "arn:aws:events:{region}:{account}:event-bus/{name}",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{bus}{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::KMS::Key": "arn:aws:kms:{region}:{account}:key/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SES::ConfigurationSet": "arn:aws:ses:{region}:{account}:configuration-set/{name}",
    "AWS::SES::ContactList": "arn:aws:ses:{region}:{account}:contact-list/{name}",
    "AWS::SES::EmailIdentity": "arn:aws:ses:{region}:{account}:identity/{name}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::SSM::Parameter": "arn:aws:ssm:{region}:{account}:parameter{name}",
}


def name_of(kind: str, properties: Mapping[str, Any], made_up: str) -> Any:
    """The name that the template gives (still unresolved), else the made up one."""
    given = (properties[key] for key in NAMES if key in properties)
    return next(given, made_up.lower() if kind == "AWS::S3::Bucket" else made_up)
