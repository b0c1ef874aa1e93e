"""What DynamoDB's answer to a conditional write means, in hub and customer alike."""

from botocore.exceptions import ClientError


def lost_condition(error: ClientError) -> bool:
    """Whether a single write was refused because its condition did not hold."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
