"""The parts of the bridge. To import this is to import ministack: see bridge.py."""

from changecast_local import (
    actions,
    buses,
    missing_objects,
    object_events,
    policies,
    private_names,
    put_events,
    queue_traces,
    sam_transform,
    ses,
    stack_types,
    targets,
)
from changecast_local.lambdas import invocations
from changecast_local.xray import api

PARTS = (
    actions,
    policies,
    buses,
    put_events,
    queue_traces,
    targets,
    missing_objects,
    object_events,
    sam_transform,
    stack_types,
    invocations,
    api,
    ses,
)


def install() -> None:
    """Mend ministack. Raises WrongMinistack where it lacks what SES needs."""
    private_names.check(ses.PRIVATE_NAMES)
    for part in PARTS:
        part.install()
