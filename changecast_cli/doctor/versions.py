"""Whether a customer's stack understands the hub's events: versions N and N-1 must."""

from collections.abc import Iterator

import boto3

from changecast_cli.doctor.patient import patient
from changecast_cli.doctor.verdicts import Verdict, broken, ok, warning

OUTPUT = "EventVersions"
STACK, HUB_STACK = "changecast", "changecast-hub"


def compatible(hub: boto3.Session, own: boto3.Session, code: str) -> Iterator[Verdict]:
    """What the hub puts, the customer reads; a stack from before versions were said reads 1."""
    there, here = patient(own, code, STACK), patient(hub, "hub", HUB_STACK)
    if there is None or here is None:
        return
    yield verdict(
        here.outputs.get(OUTPUT, "1").split(","), there.outputs.get(OUTPUT, "1").split(","), code
    )


def verdict(hub: list[str], own: list[str], code: str) -> Verdict:
    """The two lists of event versions, the newest last, against each other."""
    upgrade = f"changecast customers upgrade --customer {code}"
    both = [version for version in hub if version in own]
    if not both:
        said = f"the hub speaks {','.join(hub)}, the customer reads {','.join(own)}"
        return broken("versions", said, upgrade)
    if hub[-1] not in own:
        return warning("versions", f"the customer reads {','.join(own)}, one behind", upgrade)
    return ok("versions", f"both at event version {hub[-1]}")
