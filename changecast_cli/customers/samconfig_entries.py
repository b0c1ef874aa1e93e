"""Write customers into the text of samconfig.toml, after checking all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from changecast_cli.customers.buses import MOST_ROUTES, bus_with_room
from changecast_cli.customers.change import Differences, changed, told, with_changes
from changecast_cli.customers.input import clash_with, customer_from, hub_faults
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack, HubStack
from changecast_cli.failures import Refused

Rows = Sequence[tuple[str, Mapping[str, str]]]


@dataclass(frozen=True)
class Added:
    """The new text, its customers, and those that were refused.

    `new` are the added codes, `changes` the differences by code, and `refused` the reasons by place
    (a line of a file, or a code).
    """

    text: str
    customers: list[CustomerStack] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    changes: dict[str, Differences] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def add_to_file(
    config: Path,
    rows: Rows,
    hub: HubStack | None,
    *,
    update: bool,
    alert_email: str | None,
    most_routes: int = MOST_ROUTES,
) -> Added:
    """Apply `add_all` to the file itself; parallel commands lose nobody.

    If anybody is refused, the file does not change.
    """
    added = Added("")

    def change(text: str) -> str:
        nonlocal added
        added = add_all(
            text, rows, hub, update=update, alert_email=alert_email, most_routes=most_routes
        )
        return text if added.refused else added.text

    samconfig_file.edit(config, change)
    return added


def add_all(
    text: str,
    rows: Iterable[tuple[str, Mapping[str, str]]],
    hub: HubStack | None = None,
    *,
    update: bool = False,
    alert_email: str | None = None,
    most_routes: int = MOST_ROUTES,
) -> Added:
    """Return every row as a customer of the file; Refused if the file does not say which hub.

    With `update`, a row for an existing code changes what differs; otherwise it is refused. A new
    customer goes on the first bus with fewer than `most_routes` routes, or on a new bus.
    """
    at = _hub_of(text, hub)
    text = samconfig_file.with_hub(text, at)
    if alert_email:
        text = samconfig_file.with_parameter(text, samconfig_file.HUB, "AlertEmail", alert_email)
    known = samconfig_file.customers_in(text)
    before = dict(known)
    changes: dict[str, Differences] = {}
    places: dict[str, str] = {}
    refused: dict[str, str] = {}
    routes = {bus: len(accounts) for bus, accounts in samconfig_file.buses_in(text).items()}
    for where, row in rows:
        try:
            _refuse_twice(row, places)
            customer, differences = _customer(row, known, at, update=update)
            if customer.code not in known:
                customer = replace(customer, hub_bus=bus_with_room(routes, most_routes))
                routes[customer.hub_bus] = routes.get(customer.hub_bus, 0) + 1
        except Refused as refusal:
            refused[where] = str(refusal)
            continue
        places[customer.code] = where
        known[customer.code] = customer
        changes |= {customer.code: differences} if differences else {}
    for code in changes:
        text = with_changes(text, before[code], known[code])
    new = [code for code in places if code not in before]
    for bus in routes:
        text = samconfig_file.with_bus(text, bus, at)
    text = samconfig_file.with_customers(text, [known[code] for code in new], at)
    return Added(text, [known[code] for code in places], new, changes, refused)


def _hub_of(text: str, hub: HubStack | None) -> HubStack:
    if hub and (faults := [*hub_faults(hub)]):
        raise Refused(*faults)
    at = samconfig_file.hub_in(text) or hub
    if at is None:
        raise Refused("samconfig.toml has no customer yet: add --hub-account (and --hub-region)")
    if hub and hub.account != at.account:
        raise Refused(
            f"samconfig.toml is for the hub in {at.account}, not {hub.account}: correct "
            "--hub-account, or use another file (--config)"
        )
    return at


def _refuse_twice(row: Mapping[str, str], places: Mapping[str, str]) -> None:
    code = row.get("code", "").strip()
    if code in places:
        raise Refused(f"{code} is already in {places[code]}: give each customer one line")


def _customer(
    row: Mapping[str, str], known: Mapping[str, CustomerStack], hub: HubStack, *, update: bool
) -> tuple[CustomerStack, Differences]:
    """Return the customer of a row, and its changes to an existing customer."""
    code = row.get("code", "").strip()
    if code in known:
        if set(row) == {"code"}:
            return known[code], {}
        after, differences = changed({**row, "code": code}, known)
        if differences and not update:
            raise Refused(
                f"{code} is in samconfig.toml with different values: {told(differences)}. Add "
                "--update to change them"
            )
        return after, differences
    return _new(row, known, hub), {}


def _new(
    row: Mapping[str, str], known: Mapping[str, CustomerStack], hub: HubStack
) -> CustomerStack:
    customer = customer_from(row)
    if customer.account == hub.account:
        raise Refused(
            f"{customer.code}: {hub.account} is the hub's own account: give the customer's account"
        )
    clash = clash_with(customer, known)
    if clash:
        raise Refused(f"{customer.code}: {clash}")
    return customer
