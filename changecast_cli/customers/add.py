"""Customers into the text of samconfig.toml, one by one: one that is refused stops no other."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from changecast_cli.customers.account import session_of, to_adopt
from changecast_cli.customers.input import clash_with, customer_from
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import Customer, Hub
from changecast_cli.failures import Refused
from changecast_cli.terminal import err

_file = threading.Lock()
# A hub's bus policy names every account, and ends at 10,240 characters.
MOST_ACCOUNTS = 250


@dataclass(frozen=True)
class Added:
    """The new text, whom it has (`new`: since now), and who was refused: where -> why."""

    text: str
    customers: list[Customer]
    new: list[str]
    refused: dict[str, str]


def add_all(
    text: str, rows: Iterable[tuple[str, Mapping[str, str]]], hub: Hub | None = None
) -> Added:
    """Every row as a customer of the file; Refused where the file does not say which hub.

    A row whose code, account and Region are there already stands as the file has it.
    """
    at = samconfig_file.hub_in(text) or hub
    if at is None:
        raise Refused("samconfig.toml has no customer yet: give --hub-account (and --hub-region)")
    if hub and hub.account != at.account:
        raise Refused(f"the customers of samconfig.toml belong to the hub in {at.account}")
    text = samconfig_file.with_hub(text, at)
    known = samconfig_file.customers_in(text)
    before = set(known)
    customers: list[Customer] = []
    refused: dict[str, str] = {}
    for where, row in rows:
        try:
            customer = _customer(row, known, at)
        except Refused as refusal:
            refused[where] = str(refusal)
            continue
        known[customer.code] = customer
        customers.append(customer)
    new = {each.code: each for each in customers if each.code not in before}
    text = samconfig_file.with_customers(text, list(new.values()), at)
    return Added(text, customers, list(new), refused)


def _customer(row: Mapping[str, str], known: Mapping[str, Customer], hub: Hub) -> Customer:
    """Whom a row names: somebody who is there as the file has them, or somebody new."""
    if set(row) - {"language"} == {"code"} and row["code"] in known:
        return known[row["code"]]
    customer = customer_from(row)
    if customer.account == hub.account:
        raise Refused(f"{customer.code}: {hub.account} is the hub's own account")
    clash = clash_with(customer, known)
    if clash:
        raise Refused(f"{customer.code}: {clash}")
    if customer.code in known:
        return known[customer.code]
    if len(known) >= MOST_ACCOUNTS:
        raise Refused(
            f"{customer.code}: one hub takes {MOST_ACCOUNTS} customers; see docs/scaling.md"
        )
    return customer


def adopting(config: Path) -> Callable[[Customer], None]:
    """What to do before a customer is deployed: right account, and use what SES has there."""

    def look(customer: Customer) -> None:
        found = to_adopt(session_of(customer), customer)
        if not found:
            return
        with _file:
            text = samconfig_file.read(config)
            for name, value in found.items():
                text = samconfig_file.with_parameter(text, customer.code, name, value)
            samconfig_file.save(config, text)
        said = ", ".join(f"{name}={value}" for name, value in found.items())
        err.print(f"  {customer.code}: SES has these already, the stack uses them: {said}")

    return look
