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
    upgrades = {
        "customer": f"changecast customers upgrade --customer {code}",
        "hub": "sam build --config-env hub && sam deploy --config-env hub",
    }
    for writer, writes, reader, reads in (
        ("hub", hub, "customer", own),
        ("customer", own, "hub", hub),
    ):
        if writes[0] not in reads:
            said = (
                f"the {writer} writes event version {writes[0]}, but the {reader} reads only "
                f"{', '.join(sorted(reads))}"
            )
            older = reader if int(writes[0]) > max(map(int, reads)) else writer
            return broken("versions", said, upgrades[older])
    newest = max(int(version) for version in (*hub, *own))
    for who, reads in (("customer", own), ("hub", hub)):
        if str(newest) not in reads:
            return warning(
                "versions",
                f"the {who} is one release behind and cannot read event version {newest}",
                upgrades[who],
            )
    return ok("versions", f"hub and customer both read event version {newest}")
