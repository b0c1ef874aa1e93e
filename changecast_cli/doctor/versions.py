"""Whether hub and customer understand each other's events: see docs/concepts.md, Versions."""

from collections.abc import Iterator

import boto3

from changecast_cli.doctor.checked_account import checked_account
from changecast_cli.doctor.verdicts import Verdict, broken, ok, warning

OUTPUT = "EventVersions"
STACK, HUB_STACK = "changecast", "changecast-hub"


def compatible(hub: boto3.Session, own: boto3.Session, code: str) -> Iterator[Verdict]:
    """Check that each side reads what the other puts; a stack without the output has 1."""
    there, here = checked_account(own, code, STACK), checked_account(hub, "hub", HUB_STACK)
    if there is None or here is None:
        return
    yield verdict(
        here.outputs.get(OUTPUT, "1").split(","), there.outputs.get(OUTPUT, "1").split(","), code
    )


def verdict(hub: list[str], own: list[str], code: str) -> Verdict:
    """Compare the versions that each side reads; it puts the first."""
    upgrade = f"changecast customers upgrade --customer {code}"
    upgrade_hub = "sam build --config-env hub && sam deploy --config-env hub"
    if hub[0] not in own:
        said = (
            f"the hub writes event version {hub[0]}, but the customer reads only "
            f"{', '.join(sorted(own))}"
        )
        is_newer = int(hub[0]) > max(map(int, own))
        return broken("versions", said, upgrade if is_newer else upgrade_hub)
    if own[0] not in hub:
        said = (
            f"the customer writes event version {own[0]}, but the hub reads only "
            f"{', '.join(sorted(hub))}"
        )
        is_newer = int(own[0]) > max(map(int, hub))
        return broken("versions", said, upgrade_hub if is_newer else upgrade)
    newest = max(int(version) for version in (*hub, *own))
    for who, reads, fix in (("customer", own, upgrade), ("hub", hub, upgrade_hub)):
        if str(newest) not in reads:
            return warning(
                "versions",
                f"the {who} is one release behind and cannot read event version {newest}",
                fix,
            )
    return ok("versions", f"hub and customer both read event version {newest}")
