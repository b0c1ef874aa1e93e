"""Planted weakenings of the policies. Each must make an answer or a statement wrong.

A mutant changes one expanded template, or the policy of a key, before it is deployed: the same
change in the repository would be deployed just so.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.isolation import keys as own_keys
from tests.isolation.mutants import buses, keys, queues, roles

CUSTOMER, HUB_STACK, ROUTE = "template.yaml", "hub/template.yaml", "hub/route.yaml"


class Mutant(NamedTuple):
    """One weakening: in which document, what it says, and how it is done."""

    document: str
    says: str
    weaken: Callable[[Any], object]


MUTANTS = (
    *(Mutant(CUSTOMER, f"a customer's bus: {says}", how) for says, how in buses.CUSTOMERS),
    *(Mutant(HUB_STACK, f"the hub's bus: {says}", how) for says, how in buses.HUBS),
    *(Mutant(CUSTOMER, says, how) for says, how in queues.CUSTOMERS),
    *(Mutant(HUB_STACK, says, how) for says, how in queues.HUBS),
    *(Mutant(ROUTE, f"a route's {says}", how) for says, how in queues.ROUTES),
    *(Mutant(ROUTE, f"a route's {says}", how) for says, how in roles.ROUTES),
    *(Mutant(CUSTOMER, says, how) for says, how in roles.CUSTOMERS),
    *(Mutant(HUB_STACK, says, how) for says, how in roles.HUBS),
    *(Mutant(CUSTOMER, says, how) for says, how in keys.CUSTOMERS),
    *(Mutant(HUB_STACK, says, how) for says, how in keys.HUBS),
    *(
        Mutant(own_keys.CUSTOMERS, f"a customer's key: {says}", how)
        for says, how in keys.POLICY_OF_CUSTOMERS
    ),
    *(Mutant(own_keys.HUBS, f"the hub's key: {says}", how) for says, how in keys.POLICY_OF_HUBS),
)
