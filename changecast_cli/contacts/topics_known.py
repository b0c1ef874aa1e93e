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
MOST_TOPICS = 20


def differences(
    found: Sequence[Mapping[str, object]], requested: Sequence[Mapping[str, object]]
) -> tuple[list[str], list[str], list[str]]:
    """Compare a list's topics: return the names of (missing, foreign, differing) ones.

    A display name or description may be the customer's own; the default status must be ours.
    """
    have = {str(topic["TopicName"]): topic for topic in found}
    want = {str(topic["TopicName"]): topic for topic in requested}
    status = "DefaultSubscriptionStatus"
    return (
        [name for name in want if name not in have],
        [name for name in have if name not in want],
        [name for name in want if name in have and have[name][status] != want[name][status]],
    )
