"""People that an earlier sync added and who no longer have a role."""

import json
from collections.abc import Iterable, Mapping

from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.addresses import mailbox_of
from changecast_cli.contacts.file import ListedPerson
from changecast_cli.contacts.records import Contact
from changecast_cli.contacts.write import read_contact

# Stored with the contact in SES; people without this mark were added by hand, and stay.
MARK = json.dumps({"changecast": "sync"})


def gone(
    contacts: OpenList, existing: Mapping[str, Contact], requested: Iterable[ListedPerson]
) -> list[str]:
    """Return the addresses that a sync added and this file does not name.

    SES does not list attributes, so everybody who is not in the file is read individually.
    """
    named = {mailbox_of(one.address) for one in requested}
    candidates = [contact for key, contact in existing.items() if key not in named]
    return [each.address for each in candidates if _came_by_sync(contacts, each.address)]


def _came_by_sync(contacts: OpenList, address: str) -> bool:
    found = read_contact(contacts, address)
    return found is not None and found.attributes == MARK
