"""Data that only a customer's account or route has: verdicts, people, dead letters, drift."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from changecast.hub.registry import Customer
from changecast_cli.console.mails import SAMCONFIG
from changecast_cli.console.trouble import REDRIVE, REPLAY
from changecast_cli.contacts.account import open_list
from changecast_cli.contacts.records import by_mailbox, defaults_of, every_contact
from changecast_cli.customer_access import enter
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor import dns
from changecast_cli.doctor.look import look_at, way_into
from changecast_cli.doctor.verdicts import Verdict, warning
from changecast_cli.failures import Refused
from changecast_cli.repair.command import Repaired, carry_out, compared, lines_of, repaired
from changecast_cli.repair.dead_letters import taken, to_plan_again
from changecast_cli.repair.route_dead_letters import letters_of

if TYPE_CHECKING:
    import boto3

    from changecast_cli.console.aws import Aws

# SES accepts about one request a second.
PER_SECOND = 1.0
EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Person:
    """A person on the list, and the topics that they get."""

    address: str
    topics: Sequence[str]


@dataclass(frozen=True)
class Buried:
    """A dead letter: its queue, and the verb that sends it again; empty if none may."""

    where: str
    said: str
    verb: str


def examined(aws: "Aws", customer: CustomerStack, *, is_entered: bool = True) -> list[Verdict]:
    """Return every verdict on a customer, as `changecast doctor` gives it.

    A customer that is not entered in samconfig.toml is checked by its registry entry.
    """
    if is_entered:
        return look_at(aws.session, customer, partial(way_into, aws.session), dns.ask_dns)
    found = look_at(aws.session, customer, partial(_way_without_file, aws.session), dns.ask_dns)
    return [_with_a_way(one, customer.code) if one.check == "access" else one for one in found]


def by_registry(customer: Customer) -> CustomerStack:
    """Return what the hub's registry knows of a customer's stack."""
    return CustomerStack(
        customer.code, customer.account, customer.region, customer.name, sender="",
        timezone="", language="", support="", profile=None, hub_bus=customer.hub_bus,
    )  # fmt: skip


def _way_without_file(hub: "boto3.Session", customer: CustomerStack) -> "boto3.Session":
    return enter(hub, customer.code).session


def _with_a_way(closed: Verdict, code: str) -> Verdict:
    """Return the verdict on an account that is not open, with what opens it to a console."""
    way = (
        f"add the AWS profile changecast-{code}, or start the console in the folder whose "
        f"{SAMCONFIG} lists {code}"
    )
    return warning(closed.check, f"the customer's account was not checked: {closed.reason}", way)


def people_of(_: "Aws", customer: CustomerStack) -> list[Person]:
    """Return everybody on a customer's list, as `changecast contacts list` does."""
    contacts = open_list(customer.code, None, None, PER_SECOND)
    defaults = defaults_of(contacts)
    everybody = by_mailbox(every_contact(contacts)).values()
    return [
        Person(one.address, [topic for topic in defaults if one.hears(topic, defaults)])
        for one in everybody
    ]


def dead_letters_of(aws: "Aws", customer: CustomerStack) -> list[Buried]:
    """Return the announcements that could not be planned at a customer or delivered to it.

    Every letter is returned to its queue at once.
    """
    return [*_of_route(aws, customer.code), *_of_account(aws, customer.code)]


def differing(aws: "Aws", customer: CustomerStack) -> list[Repaired]:
    """Return what `changecast repair CODE --dry-run` finds."""
    with compared(customer.code, SAMCONFIG, aws.session) as plans:
        return [repaired(customer.code, aws.session, plans, done=False)]


def restored(aws: "Aws", customer: CustomerStack, seen: Sequence[str]) -> list[Repaired]:
    """Revert a customer's stacks as `changecast repair CODE` does.

    Raises:
        Refused: Something else differs now than what was seen.
    """
    with compared(customer.code, SAMCONFIG, aws.session) as plans:
        if lines_of(plans) != [*seen]:
            raise Refused(
                f"the differences at {customer.code} have changed since you saw them. "
                "Nothing was restored: compare again"
            )
        carry_out(plans)
        return [repaired(customer.code, aws.session, plans, done=True)]


def _of_route(aws: "Aws", code: str) -> list[Buried]:
    with letters_of(aws.session, code, *EVER) as letters:
        again = letters.chosen
        return [
            Buried("its route", one.said, REPLAY if one in again else "") for one in letters.every
        ]


def _of_account(aws: "Aws", code: str) -> list[Buried]:
    account = enter(aws.session, code)
    with taken(account.session.client("sqs"), account.output("DeadLetters")) as letters:
        again = to_plan_again(letters)
        return [Buried("its account", one.said, REDRIVE if one in again else "") for one in letters]
