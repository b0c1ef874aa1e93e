"""The account's own SES contact list, read to its end."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from changecast.errors import PauseRun, Retry

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import ListContactsRequestTypeDef

PAGE = 1_000
_DENIED = frozenset({"AccessDeniedException", "AccessDenied"})
_LATER = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})


def subscribers(ses: "SESV2Client", contact_list: str, topic: str) -> Iterator[str]:
    """The addresses that are opted in to a topic, by their own choice or by the topic's default.

    Never who is unsubscribed from all: SES would take the mail and bounce it. A filtered page may
    be empty and have a NextToken all the same, so only the token ends it.
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListContacts.html
    """
    request: ListContactsRequestTypeDef = {
        "ContactListName": contact_list,
        "PageSize": PAGE,
        "Filter": {
            "FilteredStatus": "OPT_IN",
            "TopicFilter": {"TopicName": topic, "UseDefaultIfPreferenceUnavailable": True},
        },
    }
    while True:
        page = _page(ses, request)
        for contact in page.get("Contacts", []):
            if not contact.get("UnsubscribeAll"):
                yield contact["EmailAddress"]
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


def _page(ses: "SESV2Client", request: "ListContactsRequestTypeDef"):  # type: ignore[no-untyped-def]
    try:
        return ses.list_contacts(**request)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _LATER:
            raise Retry("SES asks to list contacts more slowly") from error
        if code == "NotFoundException":
            name = request["ContactListName"]
            raise PauseRun(
                "no_contact_list", f"the account has no contact list {name!r}"
            ) from error
        if code in _DENIED:
            raise PauseRun("contacts_denied", error.response["Error"]["Message"]) from error
        raise
