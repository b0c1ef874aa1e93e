"""Existing resources with the names that a new stack needs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from changecast_cli.deploying.stacks import clear_failed_create, find_stack
from changecast_cli.failures import Refused

if TYPE_CHECKING:
    import boto3

# A deleted stack leaves everything that holds data; the names are in hub/template.yaml.
TABLE, ARCHIVE = "changecast-status", "changecast-announcements"
# IAM has no Regions: the role in template.yaml exists once per account.
REPORTER = "changecast-reporter"


def make_room_for_hub(session: "boto3.Session", stack: str) -> None:
    """Delete a hub that could not be created; Refused if an earlier hub left its data."""
    clear_failed_create(session, stack)
    found = find_stack(session, stack)
    if found and found["StackStatus"] != "REVIEW_IN_PROGRESS":
        return  # the resources are its own
    left = list(_leftovers(session))
    if left:
        names = " and ".join(name for name, _ in left)
        deletes = "; ".join(command for _, command in left)
        raise Refused(
            f"the hub's account still has {names}, which an earlier hub kept when its stack was "
            "deleted, so a new hub cannot be created under these names. To keep what they hold, "
            'see "Restore a hub that was deleted" in docs/operations.md. To start without it, an '
            "administrator of the account must run this (the policies in docs/policies do not "
            f"allow it): {deletes}"
        )


def _leftovers(session: "boto3.Session") -> Iterator[tuple[str, str]]:
    """Yield each leftover, and the command that deletes it."""
    dynamodb, events = session.client("dynamodb"), session.client("events")
    try:
        dynamodb.describe_table(TableName=TABLE)
        yield f"the table {TABLE}", f"aws dynamodb delete-table --table-name {TABLE}"
    except dynamodb.exceptions.ResourceNotFoundException:
        pass
    try:
        events.describe_archive(ArchiveName=ARCHIVE)
        yield f"the archive {ARCHIVE}", f"aws events delete-archive --archive-name {ARCHIVE}"
    except events.exceptions.ResourceNotFoundException:
        pass


def region_of_another_stack(session: "boto3.Session") -> str | None:
    """Return the Region of another customer stack in the account, by its role's fixed name.

    Call this if this Region has no stack. None if the account has no such role.
    """
    iam = session.client("iam")
    try:
        role = iam.get_role(RoleName=REPORTER)["Role"]
    except iam.exceptions.NoSuchEntityException:
        return None
    tags = {each["Key"]: each["Value"] for each in role.get("Tags", ())}
    stack = tags.get("aws:cloudformation:stack-id", "")
    return stack.split(":")[3] if stack else "another Region"
