"""The parts of the bridge. Importing this imports ministack: see bridge.py."""

from changecast_local import (
    actions,
    buses,
    http_apis,
    message_moves,
    missing_objects,
    object_events,
    policies,
    private_names,
    put_events,
    queue_traces,
    sam_transform,
    service_quotas,
    ses,
    simulating,
    source_identity,
    stack_types,
    targets,
    topic_mails,
    trust,
)
from changecast_local.lambdas import concurrency, invocations
from changecast_local.stacks import drift, engine
from changecast_local.xray import api

PARTS = (
    actions,
    policies,
    buses,
    put_events,
    queue_traces,
    message_moves,
    targets,
    missing_objects,
    object_events,
    sam_transform,
    stack_types,
    http_apis,
    engine,
    drift,
    trust,
    source_identity,
    invocations,
    concurrency,
    api,
    service_quotas,
    simulating,
    ses,
    topic_mails,
)


def install() -> None:
    """Patch ministack. Raises WrongMinistack if it lacks what SES needs."""
    private_names.check(ses.PRIVATE_NAMES)
    for part in PARTS:
        part.install()
