"""The resource on which IAM evaluates an action that CloudFormation calls for a stack.

https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Properties = Mapping[str, Any]

# Actions without resources, which a policy must allow on "*".
WITHOUT_RESOURCE = frozenset(
    {
        "events:PutPermission", "events:RemovePermission", "kms:CreateKey", "kms:ListAliases",
        "lambda:CreateEventSourceMapping", "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies", "secretsmanager:GetRandomPassword",
        "ses:DescribeConfigurationSet", "sns:GetSubscriptionAttributes",
        "sns:SetSubscriptionAttributes", "sns:Unsubscribe",
    }
)  # fmt: skip
OBJECT_ACTIONS = frozenset({"s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion"})
# By type: the ARN, and the property with the name of the resource or its parent.
ARNS: Mapping[str, tuple[str, str]] = {
    "AWS::ApiGatewayV2::Api": ("arn:aws:apigateway:{region}::/apis/{name}", ""),
    "AWS::ApiGatewayV2::ApiMapping": (
        "arn:aws:apigateway:{region}::/domainnames/{name}/apimappings", "DomainName"),
    "AWS::ApiGatewayV2::DomainName": (
        "arn:aws:apigateway:{region}::/domainnames/{name}", "DomainName"),
    "AWS::ApiGatewayV2::Integration": (
        "arn:aws:apigateway:{region}::/apis/{name}/integrations", "ApiId"),
    "AWS::ApiGatewayV2::Route": ("arn:aws:apigateway:{region}::/apis/{name}/routes", "ApiId"),
    "AWS::ApiGatewayV2::Stage": ("arn:aws:apigateway:{region}::/apis/{name}/stages", "ApiId"),
    "AWS::CloudWatch::Alarm": ("arn:aws:cloudwatch:{region}:{account}:alarm:{name}", "AlarmName"),
    "AWS::CloudWatch::CompositeAlarm": (
        "arn:aws:cloudwatch:{region}:{account}:alarm:{name}", "AlarmName"),
    "AWS::CloudWatch::Dashboard": (
        "arn:aws:cloudwatch::{account}:dashboard/{name}", "DashboardName"),
    "AWS::DynamoDB::Table": ("arn:aws:dynamodb:{region}:{account}:table/{name}", "TableName"),
    "AWS::Events::Archive": ("arn:aws:events:{region}:{account}:archive/{name}", "ArchiveName"),
    "AWS::Events::EventBus": ("arn:aws:events:{region}:{account}:event-bus/{name}", "Name"),
    "AWS::Events::EventBusPolicy": (
        "arn:aws:events:{region}:{account}:event-bus/{name}", "EventBusName"),
    "AWS::Events::Rule": ("arn:aws:events:{region}:{account}:rule/{bus}{name}", "Name"),
    "AWS::IAM::Role": ("arn:aws:iam::{account}:role/{name}", "RoleName"),
    "AWS::KMS::Key": ("arn:aws:kms:{region}:{account}:key/{name}", ""),
    "AWS::Lambda::EventInvokeConfig": (
        "arn:aws:lambda:{region}:{account}:function:{name}", "FunctionName"),
    "AWS::Lambda::EventSourceMapping": (
        "arn:aws:lambda:{region}:{account}:event-source-mapping:{name}", ""),
    "AWS::Lambda::Function": (
        "arn:aws:lambda:{region}:{account}:function:{name}", "FunctionName"),
    "AWS::Lambda::LayerVersion": ("arn:aws:lambda:{region}:{account}:layer:{name}", "LayerName"),
    "AWS::Lambda::Permission": (
        "arn:aws:lambda:{region}:{account}:function:{name}", "FunctionName"),
    "AWS::Lambda::Url": (
        "arn:aws:lambda:{region}:{account}:function:{name}", "TargetFunctionArn"),
    "AWS::Logs::LogGroup": ("arn:aws:logs:{region}:{account}:log-group:{name}", "LogGroupName"),
    "AWS::S3::Bucket": ("arn:aws:s3:::{name}", "BucketName"),
    "AWS::S3::BucketPolicy": ("arn:aws:s3:::{name}", "Bucket"),
    "AWS::SES::ConfigurationSet": (
        "arn:aws:ses:{region}:{account}:configuration-set/{name}", "Name"),
    "AWS::SES::ConfigurationSetEventDestination": (
        "arn:aws:ses:{region}:{account}:configuration-set/{name}", "ConfigurationSetName"),
    "AWS::SES::ContactList": (
        "arn:aws:ses:{region}:{account}:contact-list/{name}", "ContactListName"),
    "AWS::SES::EmailIdentity": (
        "arn:aws:ses:{region}:{account}:identity/{name}", "EmailIdentity"),
    "AWS::SNS::Subscription": ("arn:aws:sns:{region}:{account}:{name}", "TopicArn"),
    "AWS::SNS::Topic": ("arn:aws:sns:{region}:{account}:{name}", "TopicName"),
    "AWS::SNS::TopicPolicy": ("arn:aws:sns:{region}:{account}:{name}", "Topics"),
    "AWS::SQS::Queue": ("arn:aws:sqs:{region}:{account}:{name}", "QueueName"),
    "AWS::SQS::QueuePolicy": ("arn:aws:sqs:{region}:{account}:{name}", "Queues"),
    "AWS::SSM::Parameter": ("arn:aws:ssm:{region}:{account}:parameter{name}", "Name"),
    "AWS::Scheduler::Schedule": (
        "arn:aws:scheduler:{region}:{account}:schedule/default/{name}", "Name"),
    "AWS::SecretsManager::Secret": (
        "arn:aws:secretsmanager:{region}:{account}:secret:{name}", "Name"),
}  # fmt: skip
# By type: the path of a passed role's ARN, and the service that gets it.
PASSED = {
    "AWS::Lambda::Function": ("Role", "lambda.amazonaws.com"),
    "AWS::Events::Rule": ("Targets.RoleArn", "events.amazonaws.com"),
    "AWS::S3::Bucket": ("ReplicationConfiguration.Role", "s3.amazonaws.com"),
    "AWS::ApiGatewayV2::Integration": ("CredentialsArn", "apigateway.amazonaws.com"),
    "AWS::Scheduler::Schedule": ("Target.RoleArn", "scheduler.amazonaws.com"),
}
KEYS = ("SSESpecification.KMSMasterKeyId", "KmsKeyId", "KmsKeyIdentifier", "KmsKeyArn")


@dataclass(frozen=True)
class Resource:
    """A resource of a stack: its type, properties, and name or physical id."""

    kind: str
    properties: Properties
    name: str
    account: str
    region: str

    def arns(self, action: str) -> list[str]:
        """Return the ARNs on which IAM evaluates the action; several if it needs all of them."""
        if action in WITHOUT_RESOURCE or action.startswith("ec2:"):
            return ["*"]
        if action == "iam:PassRole":
            return list(values(self.properties, PASSED[self.kind][0]))
        if action == "lambda:GetLayerVersion" and self.kind == "AWS::Lambda::Function":
            return list(values(self.properties, "Layers"))
        if action in OBJECT_ACTIONS:
            return [self._object()]
        if action.startswith("kms:") and self.kind != "AWS::KMS::Key":
            return [key for path in KEYS for key in values(self.properties, path)]
        return [*self._own(), *self._beside(action)]

    def keys(self, action: str) -> dict[str, Any]:
        """Return the action's condition keys that our policies may use."""
        if action == "iam:PassRole":
            return {"iam:PassedToService": PASSED[self.kind][1]}
        if action.startswith("kms:") and self.kind != "AWS::KMS::Key":
            return {"kms:ViaService": f"{self._service()}.{self.region}.amazonaws.com"}
        if action.endswith("EventSourceMapping"):
            return {"lambda:FunctionArn": self._function()}
        return {}

    def _service(self) -> str:
        return self.kind.split("::")[1].lower()

    def _function(self) -> str:
        named = str(self.properties.get("FunctionName", ""))
        short = f"arn:aws:lambda:{self.region}:{self.account}:function:{named}"
        return named if named.startswith("arn:") else short

    def _object(self) -> str:
        code = self.properties.get("Code") or {}
        if isinstance(code, Mapping) and code.get("S3Bucket"):
            return f"arn:aws:s3:::{code['S3Bucket']}/{code.get('S3Key', '')}"
        return f"arn:aws:s3:::{self.name}/any"

    def _own(self) -> list[str]:
        arn, named = ARNS[self.kind]
        parents = list(values(self.properties, named)) if named else []
        return [self._arn(arn, str(name)) for name in parents or [self.name]]

    def _arn(self, arn: str, name: str) -> str:
        if name.startswith("arn:") and self.kind != "AWS::Events::Rule":
            return name
        where = {"region": self.region, "account": self.account, "bus": self._bus()}
        return arn.format(name=self._short(name), **where)

    def _short(self, name: str) -> str:
        """Return the name in a queue's URL or a rule's `bus|name`; parameters have a slash."""
        if name.startswith("http"):
            return name.rpartition("/")[2]
        if self.kind == "AWS::SSM::Parameter":
            return name if name.startswith("/") else f"/{name}"
        return name.rpartition("|")[2] if self.kind == "AWS::Events::Rule" else name

    def _bus(self) -> str:
        bus = str(self.properties.get("EventBusName") or "default").rpartition("/")[2]
        return "" if bus == "default" else f"{bus}/"

    def _beside(self, action: str) -> list[str]:
        """Return the archive's source, because creating an archive needs both."""
        return (
            list(values(self.properties, "SourceArn")) if action == "events:CreateArchive" else []
        )


def values(properties: Any, path: str) -> Iterator[str]:
    """Yield every string at a path; for a list, each item's string."""
    if isinstance(properties, list):
        for each in properties:
            yield from values(each, path)
    elif not path and isinstance(properties, str):
        yield properties
    elif isinstance(properties, Mapping):
        name, _, rest = path.partition(".")
        yield from values(properties.get(name), rest)
