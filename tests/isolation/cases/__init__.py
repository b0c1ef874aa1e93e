"""Requests that an attacker would try, and whether each must be allowed.

Two customers represent all: acme has its rights, globex tries.
"""

from tests.isolation.cases import buses, keys, locks, mails, roles, services
from tests.isolation.questions import Question
from tests.isolation.world import World


def cases(world: World) -> list[Question]:
    """Every case, in the order of the picture."""
    parts = (
        buses.announcing, buses.reporting, locks.apart, services.deputies, services.alarms,
        keys.using, roles.taking, roles.operating, roles.repairing, roles.keeping, mails.sending,
        mails.reading, mails.importing, mails.anybody,
    )  # fmt: skip
    return [question for part in parts for question in part(world)]
