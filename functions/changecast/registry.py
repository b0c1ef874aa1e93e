"""The hub's registry: one SSM parameter per customer, written by the customer's route stack."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

PREFIX = "/changecast/customers/"
DEFAULT_HUB_BUS = "changecast-hub"


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
    """Every registered customer by code.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
    """
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=prefix)
    entries = (json.loads(found["Value"]) for page in pages for found in page["Parameters"])
    customers = (
        Customer(
            entry["code"],
            entry["account"],
            entry["region"],
            entry["bus_arn"],
            entry["name"],
            entry.get("hub_bus", DEFAULT_HUB_BUS),
        )
        for entry in entries
    )
    return {customer.code: customer for customer in customers}


def codes_by_name(customers: dict[str, Customer]) -> dict[str, list[str]]:
    """Which codes have a display name; more than one code means that the name is ambiguous."""
    found: dict[str, list[str]] = {}
    for customer in customers.values():
        found.setdefault(customer.name, []).append(customer.code)
    return found
