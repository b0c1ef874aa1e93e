"""The topics of a contact list, as template.yaml declares them (a test keeps the two the same)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import TopicTypeDef

TOPICS: Sequence["TopicTypeDef"] = (
    {
        "TopicName": "approvals",
        "DisplayName": "Approval requests",
        "Description": "Changes that wait for your approval",
        "DefaultSubscriptionStatus": "OPT_OUT",
    },
    {
        "TopicName": "announcements",
        "DisplayName": "Announcements",
        "Description": "What will change, when, and what it means for you",
        "DefaultSubscriptionStatus": "OPT_IN",
    },
    {
        "TopicName": "calendar",
        "DisplayName": "Calendar entries",
        "Description": "A calendar entry with each announcement",
        "DefaultSubscriptionStatus": "OPT_OUT",
    },
)
# The topic of accounts with the parameter Digest=yes.
DIGEST: "TopicTypeDef" = {
    "TopicName": "digest",
    "DisplayName": "Weekly overview",
    "Description": "One mail on Monday with the changes of the next seven days",
    "DefaultSubscriptionStatus": "OPT_OUT",
}
MOST_TOPICS = 20


def topics_for(*, digest: bool) -> Sequence["TopicTypeDef"]:
    """Return the topics that a contact list should have; one more if people may get digests."""
    return (*TOPICS, DIGEST) if digest else TOPICS


def differences(
    found: Sequence[Mapping[str, object]], requested: Sequence[Mapping[str, object]]
) -> tuple[list[str], list[str], list[str]]:
    """Compare a list's topics: return the names of (missing, foreign, differing) ones.

    A display name or description may be the customer's own; the default status must be ours. A
    digest that is not requested is not foreign, because only the stack knows about it.
    """
    have = {str(topic["TopicName"]): topic for topic in found}
    want = {str(topic["TopicName"]): topic for topic in requested}
    status = "DefaultSubscriptionStatus"
    return (
        [name for name in want if name not in have],
        [name for name in have if name not in want and name != DIGEST["TopicName"]],
        [name for name in want if name in have and have[name][status] != want[name][status]],
    )
