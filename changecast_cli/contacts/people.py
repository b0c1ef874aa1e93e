"""changecast contacts list, show, add, remove, subscribe, unsubscribe: one person, or all."""

from typing import Annotated

import typer
from botocore.exceptions import ClientError
from rich.markup import escape
from rich.table import Table

from changecast_cli.contacts.account import (
    FEW,
    AccountProfile,
    AccountRegion,
    Code,
    OpenList,
    PerSecond,
    open_list,
)
from changecast_cli.contacts.records import (
    Contact,
    contact_of,
    defaults_of,
    every_contact,
)
from changecast_cli.contacts.write import create, update
from changecast_cli.customers.input import address_faults
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import out, print_json

Address = Annotated[str, typer.Argument(help="A mail address.")]
Topics = Annotated[list[str] | None, typer.Argument(help="Topics; none is every one of them.")]


def list_all(
    topic: Annotated[str | None, typer.Option(help="Only who hears of this topic.")] = None,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Everybody on the list, and what they hear of."""
    contacts = open_list(customer, profile, region, per_second)
    defaults = defaults_of(contacts)
    if topic is not None:
        _refuse_unknown([topic], contacts, list(defaults))
    people = [
        each for each in every_contact(contacts) if topic is None or each.hears(topic, defaults)
    ]
    if as_json:
        print_json([_plain(each) for each in people])
        return
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in ("ADDRESS", *defaults):
        table.add_column(column)
    for each in people:
        signs = ["✓" if each.hears(name, defaults) else "–" for name in defaults]
        table.add_row(escape(each.address), *signs)
    out.print(table)
    out.print(f"{len(people)} people")


def show(
    address: Address,
    customer: Code = None,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """One person: what they chose, and what they hear of."""
    contacts = open_list(customer, profile, region, FEW)
    person, defaults = _person(contacts, address), defaults_of(contacts)
    if as_json:
        print_json(_plain(person))
        return
    out.print(escape(person.address))
    if person.unsubscribed_from_all:
        out.print("  unsubscribed from everything")
    for topic, default in defaults.items():
        how = "chose" if topic in person.preferences else f"by default ({default})"
        hears = "hears of it" if person.hears(topic, defaults) else "does not"
        out.print(f"  {topic:<16}{hears}, {how}")


def add(
    address: Address,
    topics: Topics = None,
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Put a person on the list, for these topics or by the topics' defaults."""
    contacts = open_list(customer, profile, region, FEW)
    faults = list(address_faults(address))
    if faults:
        raise Refused(faults[0])
    _refuse_unknown(topics or [], contacts)
    if _found(contacts, address):
        raise Refused(f"{address} is on the list: changecast contacts subscribe {address} TOPIC")
    create(contacts, Contact(address).choosing(dict.fromkeys(topics or [], "OPT_IN")))
    out.print(f"{escape(address)} added")


def remove(
    address: Address,
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Take a person off the list. Their choices are forgotten: an import may bring them back."""
    contacts = open_list(customer, profile, region, FEW)
    person = _person(contacts, address)
    contacts.pace(
        contacts.ses.delete_contact, ContactListName=contacts.name, EmailAddress=person.address
    )
    out.print(f"{escape(address)} removed")


def subscribe(
    address: Address,
    topics: Topics = None,
    they_asked: Annotated[
        bool, typer.Option("--they-asked", help="They opted out, and want it again.")
    ] = False,
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Let a person on the list hear of topics; who opted out only if they asked for it."""
    contacts = open_list(customer, profile, region, FEW)
    person = _person(contacts, address)
    wanted = topics or list(defaults_of(contacts))
    _refuse_unknown(wanted, contacts)
    out_of = [topic for topic in wanted if person.preferences.get(topic) == "OPT_OUT"]
    if (out_of or person.unsubscribed_from_all) and not they_asked:
        of = "everything" if person.unsubscribed_from_all else ", ".join(out_of)
        raise Refused(f"{address} opted out of {of}: give --they-asked if they want it again")
    again = Contact(person.address, person.preferences, attributes=person.attributes)
    update(contacts, again.choosing(dict.fromkeys(wanted, "OPT_IN")))
    out.print(f"{escape(address)} hears of {', '.join(wanted)}")


def unsubscribe(
    address: Address,
    topics: Topics = None,
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Opt a person out of topics; without any, of everything."""
    contacts = open_list(customer, profile, region, FEW)
    person = _person(contacts, address)
    _refuse_unknown(topics or [], contacts)
    choices = person.choosing(dict.fromkeys(topics or [], "OPT_OUT"))
    from_all = person.unsubscribed_from_all or not topics
    update(contacts, Contact(person.address, choices.preferences, from_all, person.attributes))
    out.print(f"{escape(address)} no longer hears of {', '.join(topics or ['anything'])}")


def _found(contacts: OpenList, address: str) -> Contact | None:
    try:
        found = contacts.pace(
            contacts.ses.get_contact, ContactListName=contacts.name, EmailAddress=address
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return None
    return contact_of(found)


def _person(contacts: OpenList, address: str) -> Contact:
    found = _found(contacts, address)
    if found is None:
        raise Refused(f"{address} is not on the list {contacts.name}")
    return found


def _refuse_unknown(topics: list[str], contacts: OpenList, known: list[str] | None = None) -> None:
    have = known if known is not None else list(defaults_of(contacts)) if topics else []
    unknown = [topic for topic in topics if topic not in have]
    if unknown:
        raise Refused(f"the list has no topic {', '.join(unknown)} (it has {', '.join(have)})")


def _plain(contact: Contact) -> dict[str, object]:
    return {
        "address": contact.address,
        "preferences": dict(contact.preferences),
        "unsubscribed_from_all": contact.unsubscribed_from_all,
        "attributes": contact.attributes,
    }
