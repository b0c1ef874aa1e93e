"""Whose list it is, and whose people a file has: one customer's people stay off another's list."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from changecast_cli.contacts.account import OpenList, stack_in
from changecast_cli.contacts.backup import account_of
from changecast_cli.failures import Refused, warn

# The column of an export that names the customer. Its cells begin with a word, because a
# spreadsheet turns a bare code such as 1e5 or 007 into a number.
COLUMN = "changecast_customer"
_MOST_DOMAINS = 5


@dataclass(frozen=True)
class Owner:
    """The customer of a list; `code` and `name` are empty if its stack cannot be read."""

    code: str
    name: str
    account: str

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
    return Owner(code, given.get("CustomerName", code), account_of(contacts))


def refuse_others(origins: Iterable[str], owner: Owner) -> None:
    """Raise Refused if a file was exported from another customer's list.

    Warns instead if the code of this list's customer is not known.
    """
    others = [origin for origin in dict.fromkeys(origins) if not owner.is_named(origin)]
    if not others:
        return
    if not owner.code and all(origin.startswith("customer ") for origin in others):
        warn(
            f"the file has people of {' and '.join(others)}; whether this is their list is not "
            f"known, because the stack of {owner} cannot be read"
        )
        return
    code = others[0].removeprefix("customer ")
    way = f"--customer {code}" if code != others[0] else "the profile of that account"
    raise Refused(
        f"the file has people of {' and '.join(others)} (column {COLUMN}), but this is the list of "
        f"{owner}. Nothing was added. To import it into the list that it is from: {way}. If these "
        "people must get the mails of this list: --from-another-customer"
    )


def strange_domains(requested: Sequence[str], on_the_list: Iterable[str]) -> str:
    """Return a warning if most addresses have a domain that nobody on the list has, else ""."""
    known = Counter(map(_domain, on_the_list))
    asked = Counter(map(_domain, requested))
    new = Counter({domain: count for domain, count in asked.items() if domain not in known})
    if not known or 2 * new.total() <= asked.total():
        return ""
    return (
        f"nobody on this list has the domain of {new.total()} of the file's {asked.total()} "
        f"addresses: {_counts(new)}. Domains on the list: {_counts(known)}. Is it the right file?"
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].casefold()


def _counts(domains: Counter[str]) -> str:
    shown = [f"{domain} ({count})" for domain, count in domains.most_common(_MOST_DOMAINS)]
    left = len(domains) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")
