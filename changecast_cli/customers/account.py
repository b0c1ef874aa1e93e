"""Check a customer's account before its stack is deployed, and find what it has already."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from changecast_cli.contacts.topics_known import MOST_TOPICS, TOPICS, differences, topics_for
from changecast_cli.deploying.leftovers import region_of_another_stack
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.deploying.stacks import find_stack
from changecast_cli.doctor.release import OUTPUT, is_newer
from changecast_cli.failures import Refused
from changecast_cli.paging import pages
from changecast_cli.ses_turns import in_turn
from changecast_cli.wrong_account import belonging

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_sesv2 import SESV2Client

STACK = "changecast"
_REMAINS = frozenset({"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"})


def session_of(customer: CustomerStack, profile: str | None = None) -> boto3.Session:
    """Return a session for the account that the environment deploys into; Refused if another's."""
    named = profile or customer.profile
    session = in_turn(boto3.Session(profile_name=named, region_name=customer.region))
    account = session.client("sts").get_caller_identity()["Account"]
    if account != customer.account:
        way = (
            "Use a --profile of that account"
            if profile
            else "In samconfig.toml, give it a profile of its own account"
        )
        raise Refused(
            f"{belonging(named)} to account {account}, but {customer.code} is in "
            f"{customer.account}. Nothing was done for {customer.code}. {way}"
        )
    return session


def look(customer: CustomerStack, hub_account: str) -> None:
    """Check whether a customer can be deployed into its account; Refused if not.

    The account may be another's, its stack another customer's or hub's, or its existing resources
    may differ from samconfig.toml.
    """
    session = session_of(customer)
    stack = customer_stack(session, customer.code)
    if stack:
        _refuse_another_hub(customer, stack, hub_account)
        _refuse_while_changing(customer, stack)
        _refuse_newer(customer, stack)
    else:
        _refuse_second_region(session, customer)
    ses = session.client("sesv2")
    contact_list = (dict(customer.more) | to_adopt(session, customer)).get("ContactList")
    if contact_list:
        _refuse_unusable_list(ses, contact_list)


def to_adopt(session: boto3.Session, customer: CustomerStack) -> dict[str, str]:
    """Return stack parameters for existing resources, so that the stack uses them by name.

    Empty if the stack exists, because the resources may be its own. SES allows one contact list per
    account, and a stack fails if it creates an identity that exists.
    """
    if is_there(find_stack(session, STACK)):
        return {}
    return dict(_found(session.client("sesv2"), customer))


def customer_stack(session: boto3.Session, code: str) -> "StackTypeDef | None":
    """Return the stack of this customer in an account, or None if there is none.

    Raises Refused if the stack of that name is another customer's.
    """
    stack = find_stack(session, STACK)
    owner = parameter(stack, "CustomerCode") if stack else code
    if owner != code:
        raise Refused(
            f"the stack {STACK} in the account and Region of {code} belongs to "
            f"{owner or 'an unknown customer'}: nothing was done there. Correct the account or the "
            f"Region of {code} in samconfig.toml"
        )
    return stack


def is_there(stack: "StackTypeDef | None") -> bool:
    """Return whether a stack exists, and not only the rest of one that could not be created."""
    return stack is not None and stack["StackStatus"] not in _REMAINS


def parameter(stack: "StackTypeDef", name: str) -> str | None:
    """Return the value of a stack's parameter; None if it has none."""
    return parameters(stack).get(name)


def parameters(stack: "StackTypeDef") -> dict[str, str]:
    """Return a stack's parameters."""
    return {
        each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", ())
    }


def _refuse_another_hub(customer: CustomerStack, stack: "StackTypeDef", hub_account: str) -> None:
    has = parameter(stack, "HubAccount")
    if has and has != hub_account:
        raise Refused(
            f"{customer.code}'s stack belongs to hub account {has}, but this samconfig.toml names "
            f"{hub_account}. Check that you have the right file. To move the customer to the hub "
            f"in {hub_account}, run: sam deploy --config-env {customer.code}"
        )


def _refuse_second_region(session: boto3.Session, customer: CustomerStack) -> None:
    elsewhere = region_of_another_stack(session)
    if elsewhere:
        raise Refused(
            f"account {customer.account} has a customer's stack in {elsewhere}, and an account can "
            f"have only one: use another account for {customer.code}, or delete that stack first"
        )


def _refuse_while_changing(customer: CustomerStack, stack: "StackTypeDef") -> None:
    if is_there(stack) and stack["StackStatus"].endswith("_IN_PROGRESS"):
        raise Refused(
            f"the stack of {customer.code} is being changed ({stack['StackStatus']}): try again "
            f"when that has finished"
        )


def _refuse_newer(customer: CustomerStack, stack: "StackTypeDef") -> None:
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}
    if is_newer(outputs):
        raise Refused(
            f"the stack of {customer.code} has release {outputs[OUTPUT]}, and this checkout is "
            "older: deploy it from the checkout of that release"
        )


def _found(ses: "SESV2Client", customer: CustomerStack) -> Iterator[tuple[str, str]]:
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


def _refuse_unusable_list(ses: "SESV2Client", name: str) -> None:
    try:
        topics = ses.get_contact_list(ContactListName=name).get("Topics", [])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        raise Refused(
            f"SES has no contact list {name} in the customer's account and Region: correct its "
            "name (ContactList)"
        ) from error
    missing, _, _ = differences(topics, TOPICS)
    if len(topics) + len(missing) > MOST_TOPICS:
        raise Refused(
            f"the contact list {name} has {len(topics)} topics and lacks {', '.join(missing)}, "
            f"but SES allows only {MOST_TOPICS}: remove other topics first"
        )


def add_topics(ses: "SESV2Client", name: str, *, digest: bool = False) -> list[str]:
    """Add the topics that a contact list lacks, and return their names; the others stay."""
    found = ses.get_contact_list(ContactListName=name)
    have = found.get("Topics", [])
    requested = topics_for(digest=digest)
    missing, _, _ = differences(have, requested)
    if missing:
        ours = [topic for topic in requested if topic["TopicName"] in missing]
        kept: Mapping[str, Any] = {key: found[key] for key in ("Description",) if found.get(key)}
        ses.update_contact_list(ContactListName=name, Topics=[*have, *ours], **kept)
    return missing


def _has_identity(ses: "SESV2Client", name: str) -> bool:
    try:
        ses.get_email_identity(EmailIdentity=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return False
    return True
