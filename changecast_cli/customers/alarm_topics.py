"""Check that the SNS topics exist that customers' own alarms shall publish to."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import ChangecastError
from changecast_cli.customers.account import session_of
from changecast_cli.customers.samconfig_entries import Added
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.failures import explained

PARAMETER = "AlarmTopicArn"
LOOKS_AT_ONCE = 8
_GONE = frozenset({"NotFound", "NotFoundException", "InvalidParameter"})


@dataclass(frozen=True)
class TopicChecks:
    """The topics that do not exist, and those that could not be looked up: sentences by code."""

    missing: dict[str, str] = field(default_factory=dict)
    unchecked: dict[str, str] = field(default_factory=dict)


def check_topics(planned: Added) -> TopicChecks:
    """Look up each topic that is new in samconfig.toml, in its customer's account."""
    requested = [*_with_new_topic(planned)]
    checks = TopicChecks()
    with ThreadPoolExecutor(max_workers=LOOKS_AT_ONCE) as threads:
        for customer, (is_missing, why) in zip(
            requested, threads.map(_look_up, requested), strict=True
        ):
            if why:
                (checks.missing if is_missing else checks.unchecked)[customer.code] = why
    return checks


def _with_new_topic(planned: Added) -> Iterator[CustomerStack]:
    for customer in planned.customers:
        is_new = customer.code in planned.new or PARAMETER in planned.changes.get(customer.code, {})
        if is_new and dict(customer.more).get(PARAMETER):
            yield customer


def _look_up(customer: CustomerStack) -> tuple[bool, str]:
    """Return whether the topic is surely missing, and a sentence if it was not found."""
    topic = dict(customer.more)[PARAMETER]
    try:
        session_of(customer).client("sns").list_subscriptions_by_topic(TopicArn=topic)
    except (ChangecastError, BotoCoreError, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        if code in _GONE:
            return True, _missing(customer, topic)
        why = (explained(error) or str(error)).rstrip(".")
        return False, (
            f"{customer.code}: the alarm topic {topic} was not looked up ({why}). To check it "
            f"later: changecast doctor --customer {customer.code}"
        )
    return False, ""


def _missing(customer: CustomerStack, topic: str) -> str:
    profile = f" --profile {customer.profile}" if customer.profile else ""
    name = topic.rpartition(":")[2]
    return (
        f"{customer.code}: account {customer.account} has no topic {topic}. An administrator of "
        "that account must create it (the policies in docs/policies do not allow it): aws sns "
        f"create-topic --name {name} --region {customer.region}{profile}"
    )
