"""Name a stack's secret as AWS does: `Ref` returns its ARN; ministack returns its name.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
(Return values)
"""

from typing import Any

KIND = "AWS::SecretsManager::Secret"
Made = tuple[str, dict[str, Any]]


def as_aws(kind: str, made: Made) -> Made:
    """Return ministack's result, with a secret's ARN."""
    return (made[1]["Arn"], made[1]) if kind == KIND else made


def as_ministack(kind: str, physical_id: str) -> str:
    """Return ministack's id of a resource; for a secret, the name in its ARN.

    AWS adds a hyphen and six characters to the name.
    """
    if kind != KIND:
        return physical_id
    return physical_id.rpartition(":secret:")[2].rpartition("-")[0]
