"""The hub's registry: one SSM parameter per customer, written by the customer's route stack."""

import json
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

log = logging.getLogger("changecast")

PREFIX = "/changecast/customers/"
CONFIDENTIAL = "/changecast/hub/confidential"
TWO_PERSONS = "/changecast/hub/two-persons"
DEFAULT_HUB_BUS = "changecast-hub"
FRESH_SECONDS = 60
NAMES_A_CALL = 10


@dataclass(frozen=True)
class Customer:
    """A registered customer: its bus, and the hub bus with its route.

    `hub_bus_since` is when its route moved to that hub bus, "" if it never moved.
    """

    code: str
    account: str
    region: str
    bus_arn: str
    name: str
    hub_bus: str = DEFAULT_HUB_BUS
    hub_bus_since: str = ""


def list_customers(ssm: "SSMClient", prefix: str = PREFIX) -> dict[str, Customer]:
    """Return every registered customer by code; an unreadable entry is logged and left out.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
    """
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=prefix)
    entries = (_customer(found) for page in pages for found in page["Parameters"])
    return {customer.code: customer for customer in entries if customer}


def _customer(parameter: Any) -> Customer | None:
    """Read an entry; a broken one must not stop announcements to the others."""
    try:
        entry = json.loads(parameter["Value"])
        return Customer(
            entry["code"],
            entry["account"],
            entry["region"],
            entry["bus_arn"],
            entry["name"],
            entry.get("hub_bus", DEFAULT_HUB_BUS),
            entry.get("hub_bus_since", ""),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("unreadable registry entry", extra={"parameter": parameter["Name"]})
        return None


@dataclass(frozen=True)
class Place:
    """Where proposals are, and the function that publishes what was approved."""

    bucket: str
    function: str


@dataclass(frozen=True)
class HubSettings:
    """How a hub announces.

    `confidential` gives every customer its own event, always. `two_persons` is the place of
    proposals and approvals; None if one person announces.
    """

    confidential: bool
    two_persons: Place | None


def hub_settings(ssm: "SSMClient") -> HubSettings:
    """Return the settings with which the hub announces."""
    place = _setting(ssm, TWO_PERSONS)
    return HubSettings(
        _setting(ssm, CONFIDENTIAL) == "always", Place(**json.loads(place)) if place else None
    )


def _setting(ssm: "SSMClient", name: str) -> str:
    """Return a setting of the hub; "" if it has none."""
    found = ssm.get_parameters(Names=[name])["Parameters"]
    return found[0]["Value"] if found else ""


def codes_by_name(customers: Mapping[str, Customer]) -> dict[str, list[str]]:
    """Return the codes of each display name; more than one means that the name is ambiguous."""
    found: dict[str, list[str]] = {}
    for customer in customers.values():
        found.setdefault(customer.name, []).append(customer.code)
    return found


def read_customers(ssm: "SSMClient", codes: Collection[str]) -> dict[str, Customer]:
    """Return the registered customers with these codes; the cost does not grow with the registry.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
    """
    names = [PREFIX + code for code in codes]
    found: dict[str, Customer] = {}
    for start in range(0, len(names), NAMES_A_CALL):
        answer = ssm.get_parameters(Names=names[start : start + NAMES_A_CALL])
        entries = map(_customer, answer["Parameters"])
        found |= {customer.code: customer for customer in entries if customer}
    return found


class Accounts:
    """Customers by account, at most a minute old.

    Only the claimed codes are looked up, because the registry may be large. If an account does not
    match its claim, the entry is read again, because it may have been registered a second ago, and
    then the account is searched in all entries (`everybody`). If the registry does not answer, for
    example during a flood of forged reports, accounts that match a known entry are still believed.
    """

    def __init__(
        self,
        ssm: "SSMClient",
        clock: Callable[[], float] = time.monotonic,
        everybody: "Callable[[], Mapping[str, Customer]] | None" = None,
    ) -> None:
        self._ssm = ssm
        self._clock = clock
        self._everybody = everybody or (lambda: list_customers(self._ssm))
        self._known: dict[str, _Known] = {}

    def look_up(self, codes: Iterable[str]) -> None:
        """Read the entries of these codes unless they are fresh, many in one call."""
        stale = {code for code in codes if not self._is_fresh(code)}
        if stale:
            self._read(stale)

    def _read(self, stale: Collection[str]) -> None:
        found = read_customers(self._ssm, sorted(stale))
        now = self._clock()
        for code in stale:
            account = found[code].account if code in found else ""
            self._known[code] = _Known(account, now)
        # Anybody who may report can claim any code, so unknown codes are forgotten again.
        kept = {code: known for code, known in self._known.items() if known.account}
        self._known = kept | {code: self._known[code] for code in stale}

    def customer_of(self, account: str, *, claimed: str) -> str | None:
        """Return the code of the account's customer; None if it has none."""
        try:
            self.look_up([claimed])
        except ClientError:
            if not self._fits(account, claimed):
                raise
        if self._fits(account, claimed):
            return claimed
        self._read([claimed])
        if self._fits(account, claimed):
            return claimed
        customers = self._everybody().values()
        speaker = {customer.account: customer.code for customer in customers}.get(account)
        if speaker == claimed:
            self._known[claimed] = _Known(account, self._clock())
        return speaker

    def _is_fresh(self, code: str) -> bool:
        return code in self._known and self._clock() - self._known[code].at <= FRESH_SECONDS

    def _fits(self, account: str, claimed: str) -> bool:
        return claimed in self._known and self._known[claimed].account == account


class _Known(NamedTuple):
    """The account of a code ("" if it is not registered), and when that was read."""

    account: str
    at: float
