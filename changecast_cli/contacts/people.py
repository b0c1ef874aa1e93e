"""changecast contacts list, show, add, remove, subscribe, unsubscribe: one person, or all.

An address is searched in every spelling: the list may have `Ana@acme.example` and
`ana@acme.example`, which are one person.
"""

from dataclasses import replace
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from changecast.customer.ledger.preferences import Preference, read_preference
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.contacts.account import (
    FEW,
    AccountProfile,
    AccountRegion,
    Code,
    OpenList,
    PerSecond,
    open_list,
)
from changecast_cli.contacts.addresses import mailbox_of, read_address
from changecast_cli.contacts.backup import account_of
from changecast_cli.contacts.owner import (
    Moved,
    known_customers,
    own_domains,
    owner_of,
    refuse_people_of_others,
)
from changecast_cli.contacts.plan import will_hear
from changecast_cli.contacts.reading import ledger_of, said
from changecast_cli.contacts.records import (
    Contact,
    by_mailbox,
    defaults_of,
    every_contact,
)
from changecast_cli.contacts.write import create, read_contact, update
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import counted, out, print_json

Address = Annotated[str, typer.Argument(help="A mail address.")]
Topics = Annotated[list[str] | None, typer.Argument(help="The topics, by name.")]


def list_all(
    topic: Annotated[
        str | None, typer.Option(help="Only people who get the mails of this topic.")
    ] = None,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """List everybody on the list, and the topics that they get."""
    contacts = open_list(customer, profile, region, per_second)
    defaults = defaults_of(contacts)
    if topic is not None:
        _refuse_unknown([topic], contacts, list(defaults))
    everybody = by_mailbox(every_contact(contacts)).values()
    people = [each for each in everybody if topic is None or each.hears(topic, defaults)]
    if as_json:
        print_json({"people": [_plain(each) for each in people]})
        return
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("ADDRESS", overflow="fold")
    for name in defaults:
        table.add_column(name, no_wrap=True)
    for each in people:
        signs = ["✓" if each.hears(name, defaults) else "–" for name in defaults]
        table.add_row(escape(each.address), *signs)
    out.print(table)
    out.print(counted(len(people), "person", "people"))


def show(
    address: Address,
    customer: Code = None,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Show what one person chose, and the topics that they get."""
    contacts = open_list(customer, profile, region, FEW)
    spellings, defaults = _spellings(contacts, address), defaults_of(contacts)
    (person,) = by_mailbox(spellings).values()
    ledger = ledger_of(contacts)
    reads = read_preference(ledger, person.key) if ledger else Preference("")
    if as_json:
        own = {"language": reads.language, "timezone": reads.timezone}
        print_json(_plain(person) | own)
        return
    out.print(escape(", ".join(one.address for one in spellings)))
    out.print(f"  {said(reads)}")
    if person.unsubscribed_from_all:
        out.print("  unsubscribed from everything")
    for topic, default in defaults.items():
        reason = "chose" if topic in person.preferences else f"by default ({default})"
        hears = "gets it" if person.hears(topic, defaults) else "does not get it"
        out.print(f"  {topic:<16}{hears}, {reason}")


def add(
    address: Address,
    topics: Topics = None,
    moved: Moved = False,
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Add a person to the list with these topics; every other topic keeps its default."""
    contacts = open_list(customer, profile, region, FEW)
    read = read_address(address)
    if read.fault:
        raise Refused(f"{read.text!r} {read.fault}")
    defaults = defaults_of(contacts)
    _refuse_unknown(topics or [], contacts, list(defaults))
    if _found(contacts, read.text):
        raise Refused(
            f"{read.text} is already on the list. To subscribe them to a topic: "
            f"changecast contacts subscribe {read.text} TOPIC{contacts.where}"
        )
    if not moved:
        owner, customers = owner_of(contacts), known_customers()
        own = own_domains(owner, customers)
        refuse_people_of_others([read.text], owner, customers, own)
    person = Contact(read.text).choosing(dict.fromkeys(topics or [], "OPT_IN"))
    if not create(contacts, person):
        raise Refused(f"somebody else just added {read.text}; nothing was changed")
    note = f" ({read.note})" if read.note else ""
    out.print(escape(f"{read.text} added{note}: {will_hear(person, defaults)}"))


def remove(
    address: Address,
    yes: Yes = False,
    dry_run: DryRun = False,
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Remove a person and their choices from the list. An import may add them again.

    To stop a person's mails so that no import starts them again, use `unsubscribe`.
    """
    contacts = open_list(customer, profile, region, FEW)
    found = _spellings(contacts, address)
    name = customer or account_of(contacts)
    listed = ", ".join(person.address for person in found)
    plan = f"{listed} is removed from the list {contacts.name} of {name}, with all choices"
    if not go_on([plan], yes=yes, dry_run=dry_run, type_in=name):
        return
    for person in found:
        contacts.pace(
            contacts.ses.delete_contact, ContactListName=contacts.name, EmailAddress=person.address
        )
        out.print(f"{escape(person.address)} removed")


def subscribe(
    address: Address,
    topics: Topics = None,
    they_asked: Annotated[
        bool,
        typer.Option(
            "--they-asked",
            help="The person opted out before, and has asked to be subscribed again.",
        ),
    ] = False,
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Subscribe a person to topics; without a topic, to all of them.

    Refuses a person who opted out, unless they asked for it again.
    """
    contacts = open_list(customer, profile, region, FEW)
    spellings = _spellings(contacts, address)
    (person,) = by_mailbox(spellings).values()
    requested = topics or list(defaults_of(contacts))
    _refuse_unknown(requested, contacts)
    out_of = [topic for topic in requested if person.preferences.get(topic) == "OPT_OUT"]
    if (out_of or person.unsubscribed_from_all) and not they_asked:
        of = "everything" if person.unsubscribed_from_all else ", ".join(out_of)
        raise Refused(
            f"{address} opted out of {of}: add --they-asked if they want these mails again"
        )
    for one in spellings:
        again = replace(one, unsubscribed_from_all=False)
        update(contacts, again.choosing(dict.fromkeys(requested, "OPT_IN")))
    out.print(f"{escape(person.address)} is subscribed to {', '.join(requested)}")


def unsubscribe(
    address: Address,
    topics: Topics = None,
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Opt a person out of topics; without a topic, out of everything."""
    contacts = open_list(customer, profile, region, FEW)
    spellings = _spellings(contacts, address)
    _refuse_unknown(topics or [], contacts)
    for one in spellings:
        choices = one.choosing(dict.fromkeys(topics or [], "OPT_OUT"))
        from_all = one.unsubscribed_from_all or not topics
        update(contacts, replace(choices, unsubscribed_from_all=from_all))
    mails = f"mails of: {', '.join(topics)}" if topics else "any mails"
    out.print(f"{escape(spellings[0].address)} no longer gets {mails}")


def _found(contacts: OpenList, address: str) -> list[Contact]:
    """Return every spelling of the person on the list, with attributes."""
    key = mailbox_of(address)
    listed = [one.address for one in every_contact(contacts) if one.key == key]
    return [person for one in listed if (person := read_contact(contacts, one))]


def _spellings(contacts: OpenList, address: str) -> list[Contact]:
    found = _found(contacts, read_address(address).text)
    if not found:
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
