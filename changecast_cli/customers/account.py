"""A customer's account before its stack is deployed: is it the right one, what has it already?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from changecast_cli.deploying.samconfig import Customer
from changecast_cli.failures import Refused
from changecast_cli.paging import pages

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

STACK = "changecast"
_GONE = frozenset({"DELETE_COMPLETE", "ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"})


def session_of(customer: Customer, profile: str | None = None) -> boto3.Session:
    """The account that the customer's environment deploys into; Refused where it is another's."""
    named = profile or customer.profile
    session = boto3.Session(profile_name=named, region_name=customer.region)
    account = session.client("sts").get_caller_identity()["Account"]
    if account != customer.account:
        by = f"profile {named}" if named else "the credentials here"
        raise Refused(
            f"{by} lead into account {account}, but {customer.code} is {customer.account}: "
            "nothing was done there"
        )
    return session


def to_adopt(session: boto3.Session, customer: Customer) -> dict[str, str]:
    """Stack parameters for what the account has already, so that the stack uses it by name.

    Empty where the stack is there: then what is there may be its own. SES allows one contact list
    per account, and creating an identity that exists fails the stack.
    """
    if _stack_is_there(session):
        return {}
    return dict(_found(session.client("sesv2"), customer))


def _found(ses: "SESV2Client", customer: Customer) -> Iterator[tuple[str, str]]:
    said = dict(customer.more)
    lists = ses.list_contact_lists()["ContactLists"]
    if lists and "ContactList" not in said:
        yield "ContactList", lists[0]["ContactListName"]
    if "CreateIdentity" not in said and _has_identity(ses, customer.sender.rpartition("@")[2]):
        yield "CreateIdentity", "no"
    if "ConfigurationSet" not in said and STACK in pages(
        ses.list_configuration_sets, "ConfigurationSets"
    ):
        yield "ConfigurationSet", STACK


def _has_identity(ses: "SESV2Client", name: str) -> bool:
    try:
        ses.get_email_identity(EmailIdentity=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return False
    return True


def _has_set(ses: "SESV2Client") -> bool:
    return STACK in pages(ses.list_configuration_sets, "ConfigurationSets")


def _stack_is_there(session: boto3.Session) -> bool:
    try:
        stacks = session.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return False
    return stacks[0]["StackStatus"] not in _GONE
