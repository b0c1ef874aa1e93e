"""Interpret DynamoDB's answer to a conditional write, in hub and customer."""

from collections.abc import Callable

from botocore.exceptions import ClientError


def lost_condition(error: ClientError) -> bool:
    """Return whether a single write was refused because its condition did not hold."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def condition_holds(write: Callable[[], object]) -> bool:
    """Make a conditional write; return whether its condition held, so that it was made."""
    try:
        write()
    except ClientError as error:
        if not lost_condition(error):
            raise
        return False
    return True
