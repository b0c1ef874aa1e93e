"""Planted weakenings of the policies. Each must make an answer or a statement wrong.

A mutant changes one expanded template before it is deployed: the same change in the repository
would be deployed just so.
"""

from collections.abc import Callable
from typing import NamedTuple

from tests.isolation.expand import Template
from tests.isolation.mutants import buses, queues, roles

CUSTOMER, HUB_STACK, ROUTE = "template.yaml", "hub/template.yaml", "hub/route.yaml"


class Mutant(NamedTuple):
    """One weakening: in which template, what it says, and how it is done."""

    template: str
    says: str
    weaken: Callable[[Template], object]


MUTANTS = (
    *(Mutant(CUSTOMER, f"a customer's bus: {says}", how) for says, how in buses.CUSTOMERS),
    *(Mutant(HUB_STACK, f"the hub's bus: {says}", how) for says, how in buses.HUBS),
    *(Mutant(CUSTOMER, says, how) for says, how in queues.CUSTOMERS),
    *(Mutant(HUB_STACK, says, how) for says, how in queues.HUBS),
    *(Mutant(ROUTE, f"a route's {says}", how) for says, how in queues.ROUTES),
    *(Mutant(ROUTE, f"a route's {says}", how) for says, how in roles.ROUTES),
    *(Mutant(CUSTOMER, says, how) for says, how in roles.CUSTOMERS),
    *(Mutant(HUB_STACK, says, how) for says, how in roles.HUBS),
)
