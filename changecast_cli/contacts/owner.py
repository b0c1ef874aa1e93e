"""Whose list it is, and whose people a file has: one customer's people stay off another's list."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import typer
from publicsuffixlist import PublicSuffixList

from changecast_cli.contacts.account import OpenList, stack_in
from changecast_cli.contacts.backup import account_of
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.failures import Refused, warn

# The column of an export that names the customer. Its cells begin with a word, because a
# spreadsheet turns a bare code such as 1e5 or 007 into a number.
COLUMN = "changecast_customer"
_MOST_DOMAINS = 5
Moved = Annotated[
    bool,
    typer.Option(
        "--from-another-customer",
        help="Accept another customer's people: those in an export of its list, and those with "
        "addresses at its domain.",
    ),
]


@dataclass(frozen=True)
class Owner:
    """The customer of a list; `code`, `name` and `sender` are empty if its stack cannot be read."""

    code: str
    name: str
    account: str
    sender: str = ""

    @property
    def mark(self) -> str:
        """What an export says about where its people are from."""
        return f"customer {self.code}" if self.code else f"account {self.account}"

    def is_named(self, origin: str) -> bool:
        """Return whether a cell of an export names this customer."""
        bare = origin.casefold().removeprefix("customer ").removeprefix("account ")
        return bare in {self.code or self.account, self.account}

    def plain(self) -> dict[str, str]:
        """Return the owner for JSON."""
        return {"code": self.code, "customer_name": self.name, "account": self.account}

    def __str__(self) -> str:
        if not self.code:
            return f"account {self.account}"
        return f"{self.name} ({self.code}, account {self.account})"


def owner_of(contacts: OpenList) -> Owner:
    """Return whose list it is, by the parameters of the account's stack."""
    given = {
        each["ParameterKey"]: each.get("ParameterValue", "")
        for each in stack_in(contacts.session).get("Parameters", ())
    }
    code = given.get("CustomerCode", "")
    name, sender = given.get("CustomerName", code), given.get("Sender", "")
    return Owner(code, name, account_of(contacts), sender)


def known_customers() -> Mapping[str, CustomerStack]:
    """Return the customers in this folder's samconfig.toml; none if there is no such file."""
    return samconfig_file.customers_in(samconfig_file.read(Path("samconfig.toml")))


def refuse_others(origins: Iterable[str], owner: Owner) -> None:
    """Raise Refused if a file was exported from another customer's list.

    Warns instead if the code of this list's customer is not known.
    """
    others = [origin for origin in dict.fromkeys(origins) if not owner.is_named(origin)]
    if not others:
        return
    if not owner.code and all(origin.startswith("customer ") for origin in others):
        warn(
            f"the file has people of {' and '.join(others)}, and the stack of {owner} cannot be "
            "read, so the customer of this list is unknown: check that these people belong on it"
        )
        return
    code = others[0].removeprefix("customer ")
    way = f"--customer {code}" if code != others[0] else "the profile of that account"
    raise Refused(
        f"the file has people of {' and '.join(others)} (column {COLUMN}), but this is the list "
        f"of {owner}. Nothing was added. To import them into the list of their own customer, use "
        f"{way}. If these people should get the mails of this list, add --from-another-customer"
    )


def refuse_people_of_others(
    added: Iterable[str],
    owner: Owner,
    customers: Mapping[str, CustomerStack],
    own: frozenset[str],
) -> None:
    """Raise Refused if an address belongs to the organization of another customer's sender.

    Args:
        added: People who are not on the list yet.
        owner: The customer of the list.
        customers: The customers in samconfig.toml.
        own: The domains of the owner's organization.
    """
    others = [one for one in customers.values() if one.sender and not _is_of(one, owner)]
    found: dict[str, list[str]] = {}
    for address in added:
        domain = _domain(address)
        if _organization(domain) not in own and (code := _sender_of(domain, others)):
            found.setdefault(code, []).append(address)
    if found:
        told = [_told_people(people, customers[code]) for code, people in found.items()]
        raise Refused(
            f"{'; '.join(told)}, but this is the list of {owner}. Nothing was added. To add them "
            f"to the list of their own customer, use --customer {next(iter(found))}. If these "
            "people should get the mails of this list, add --from-another-customer"
        )


def own_domains(owner: Owner, customers: Mapping[str, CustomerStack]) -> frozenset[str]:
    """Return the domains of the organization that the list is for, by its customer's sender."""
    senders = [owner.sender, *(one.sender for one in customers.values() if _is_of(one, owner))]
    return frozenset(_organization(_domain(sender)) for sender in senders if sender)


def _is_of(customer: CustomerStack, owner: Owner) -> bool:
    return customer.code == owner.code or customer.account == owner.account


def _sender_of(domain: str, customers: Sequence[CustomerStack]) -> str:
    """Return the code of the customer whose sender is in the same organization; "" if none is.

    Customers may send from domains below their provider's, and the provider's own people belong to
    none of them. So a shared organization needs the exact domain.
    """
    exact = [one.code for one in customers if _domain(one.sender) == domain]
    same = [
        one.code for one in customers if _organization(_domain(one.sender)) == _organization(domain)
    ]
    if len(exact) == 1:
        return exact[0]
    return same[0] if len(same) == 1 else ""


def _told_people(people: Sequence[str], customer: CustomerStack) -> str:
    more = f" and {len(people) - 1} more" if len(people) > 1 else ""
    belong = "belong" if more else "belongs"
    return (
        f"{people[0]}{more} {belong} to {customer.name} ({customer.code}), whose sender in "
        f"samconfig.toml is {customer.sender}"
    )


def strange_domains(
    requested: Sequence[str], on_the_list: Iterable[str], own: frozenset[str] = frozenset()
) -> str:
    """Return a warning if most addresses have a domain that is new to this customer, else "".

    `own` are the domains of the customer's organization; other domains are known if somebody on the
    list has them.
    """
    known = Counter(map(_domain, on_the_list))
    asked = Counter(map(_domain, requested))
    new = Counter({
        domain: count
        for domain, count in asked.items()
        if domain not in known and _organization(domain) not in own
    })  # fmt: skip
    if not (known or own) or 2 * new.total() <= asked.total():
        return ""
    listed = f"Domains on the list: {_counts(known)}" if known else "The list is empty"
    sender = f"; the customer's own: {', '.join(sorted(own))}" if own else ""
    return (
        f"{new.total()} of the file's {asked.total()} addresses have domains that nobody on this "
        f"list has: {_counts(new)}. {listed}{sender}. Is this the right file?"
    )


def _organization(domain: str) -> str:
    """Return the domain that an organization registered: acme.example for mail.acme.example."""
    return _public_suffixes().privatesuffix(domain) or domain


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _domain(address: str) -> str:
    return address.rpartition("@")[2].casefold()


def _counts(domains: Counter[str]) -> str:
    shown = [f"{domain} ({count})" for domain, count in domains.most_common(_MOST_DOMAINS)]
    left = len(domains) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")
