"""Which people came by an earlier sync and are in no role any more."""

import json
from collections.abc import Iterable, Mapping

from botocore.exceptions import ClientError

from changecast.recipients import normalise
from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.file import Wanted
from changecast_cli.contacts.records import Contact, contact_of

# Kept with the contact in SES: people without it were added by hand, and stay.
MARK = json.dumps({"changecast": "sync"})


def gone(
    contacts: OpenList, existing: Mapping[str, Contact], wanted: Iterable[Wanted]
) -> list[str]:
    """Addresses that a sync brought and this file does not name.

    SES lists no attributes, so everybody whom the file does not name is asked for alone.
    """
    named = {normalise(one.address) for one in wanted}
    candidates = [contact for key, contact in existing.items() if key not in named]
    return [each.address for each in candidates if _came_by_sync(contacts, each.address)]


def _came_by_sync(contacts: OpenList, address: str) -> bool:
    try:
        found = contacts.pace(
            contacts.ses.get_contact, ContactListName=contacts.name, EmailAddress=address
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return False
    return contact_of(found).attributes == MARK
