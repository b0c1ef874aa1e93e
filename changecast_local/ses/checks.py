"""Checks by which SES refuses a mail before it accepts it.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from changecast_local.ses.answers import bad_request
from changecast_local.ses.submission import bare_address

MAX_RECIPIENTS = 50
MAX_HEADERS = 15
_HEADER_NAME = re.compile(r"[!-9;-@A-~]{1,126}")
_HEADER_VALUE = re.compile(r"[ -~]{1,995}")
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
# These two become parts of the Feedback-ID header on AWS.
_TAGS_OF_SES = ("ses:feedback-id-a", "ses:feedback-id-b")


def check_headers(headers: list[dict[str, str]]) -> None:
    """Own headers of a Simple mail: at most 15, printable ASCII, 995 characters each."""
    if len(headers) > MAX_HEADERS:
        raise bad_request(f"At most {MAX_HEADERS} headers can be given.")
    for header in headers:
        if not _HEADER_NAME.fullmatch(header.get("Name", "")):
            raise bad_request(f"Invalid header name <{header.get('Name')}>.")
        if not _HEADER_VALUE.fullmatch(header.get("Value", "")):
            raise bad_request(f"Invalid value of the header <{header['Name']}>.")


def checked_tags(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Message tags by name: ASCII letters, digits, _ and -, 256 characters each."""
    tags = {tag.get("Name", ""): tag.get("Value", "") for tag in given}
    for name, value in tags.items():
        if not _TAG.fullmatch(name) and name not in _TAGS_OF_SES:
            raise bad_request(f"Invalid tag name <{name}>.")
        if not _TAG.fullmatch(value):
            raise bad_request(f"Invalid tag value <{value}>.")
    return tags


def check_recipients(recipients: list[str], list_options: dict[str, Any] | None) -> None:
    """One to fifty addresses; with list management exactly one.

    SES would send a managed mail to several people without an unsubscribe link. Nobody wants that,
    so it is refused here.
    """
    if not recipients:
        raise bad_request("Missing destination.")
    if len(recipients) > MAX_RECIPIENTS:
        raise bad_request(f"Recipient count exceeds {MAX_RECIPIENTS}.")
    for recipient in recipients:
        local, _, domain = bare_address(recipient).rpartition("@")
        if not local or not domain or not recipient.isascii():
            raise bad_request(f"Illegal address <{recipient}>.")
    if list_options and len(recipients) > 1:
        raise bad_request("A mail with ListManagementOptions must have exactly one recipient.")
