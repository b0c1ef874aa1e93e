"""The hub's registry: one SSM parameter per customer, written by the customer's route stack."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

log = logging.getLogger("changecast")

PREFIX = "/changecast/customers/"
CONFIDENTIAL = "/changecast/hub/confidential"
DEFAULT_HUB_BUS = "changecast-hub"
FRESH_SECONDS = 60


@dataclass(frozen=True)
class Customer:
    """One registered customer: where its bus is, and which hub bus has its route."""

    code: str
    account: str
    region: str
    bus_arn: str
    name: str
    hub_bus: str = DEFAULT_HUB_BUS


def list_customers(ssm: "SSMClient", prefix: str = PREFIX) -> dict[str, Customer]:
    """Every registered customer by code; an entry that cannot be read is nobody, and logged.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
    """
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=prefix)
    entries = (_customer(found) for page in pages for found in page["Parameters"])
    return {customer.code: customer for customer in entries if customer}


def _customer(parameter: Any) -> Customer | None:
    """One customer's broken entry must not keep the others from being told."""
    try:
        entry = json.loads(parameter["Value"])
        return Customer(
            entry["code"],
            entry["account"],
            entry["region"],
            entry["bus_arn"],
            entry["name"],
            entry.get("hub_bus", DEFAULT_HUB_BUS),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("unreadable registry entry", extra={"parameter": parameter["Name"]})
        return None


def always_confidential(ssm: "SSMClient") -> bool:
    """Whether the hub is set to give every customer an event of its own, always."""
    found = ssm.get_parameters(Names=[CONFIDENTIAL])["Parameters"]
    return any(parameter["Value"] == "always" for parameter in found)


def codes_by_name(customers: Mapping[str, Customer]) -> dict[str, list[str]]:
    """Which codes have a display name; more than one code means that the name is ambiguous."""
    found: dict[str, list[str]] = {}
    for customer in customers.values():
        found.setdefault(customer.name, []).append(customer.code)
    return found


class Accounts:
    """Which customer speaks from which account, as of a minute ago at most.

    An account that does not fit what it claims is looked up again at once: it may have been
    registered a second ago. Where the registry does not answer, for instance since somebody floods
    the hub with forged reports, who fits what is known is still believed.
    """

    def __init__(self, ssm: "SSMClient", clock: Callable[[], float] = time.monotonic) -> None:
        self._ssm = ssm
        self._clock = clock
        self._codes: dict[str, str] = {}
        self._read_at = -float("inf")

    def customer_of(self, account: str, *, claimed: str) -> str | None:
        """The code of the customer whose account this is, None where it is nobody's."""
        fits = self._codes.get(account) == claimed
        if self._clock() - self._read_at > FRESH_SECONDS or not fits:
            try:
                self._read()
            except ClientError:
                if not fits:
                    raise
        return self._codes.get(account)

    def _read(self) -> None:
        customers = list_customers(self._ssm).values()
        self._codes = {customer.account: customer.code for customer in customers}
        self._read_at = self._clock()
