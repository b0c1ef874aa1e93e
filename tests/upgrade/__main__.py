"""`python -m tests.upgrade [--from COMMIT] [--order NAME]`: 0 if nobody is lost or told twice.

Builds the release of a commit and this one, deploys the first into the embedded cloud, brings
changes into every state, and upgrades and goes back under them.
"""

import argparse
import configparser
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.local import process as local_cloud
from changecast_cli.local.deployer import customer_engineer, hub_engineer
from changecast_cli.local.receiver import receiving
from changecast_cli.local.stage import HUB, Stage, add_contacts
from changecast_local.cloud import Cloud
from tests.support.failures import failures
from tests.support.shell import CREDENTIALS
from tests.upgrade import states
from tests.upgrade.releases import (
    CommandFailed,
    Release,
    commit_of,
    copy_tree,
    mark_if_equal,
    unpack,
    write_samconfig,
)
from tests.upgrade.story import FROM, ORDERS, TO, Story
from tests.upgrade.world import CODES, PEOPLE, Broken, World, stage_of


def main() -> int:
    """Play the orders that are asked for; return the exit status."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="changecast-upgrade-") as scratch:
        only = frozenset(arguments.state or ())
        return play(Path(scratch), arguments.commit, arguments.order or [*ORDERS], only)


def play(
    folder: Path, commit: str, orders: Sequence[str], only: frozenset[str] = frozenset()
) -> int:
    """Play orders in a folder, and print what happened; 0 if nothing broke."""
    with ExitStack() as stack:
        authority = folder / "tls" / "ca.pem"
        receiver = stack.enter_context(receiving(authority.parent))
        world = stack.enter_context(_deployed(folder, commit, authority))
        try:
            Story(world, receiver, say, only).tell(orders)
        except (Broken, CommandFailed) as error:
            say(f"BROKEN: {error}\n{failures(world)}")
            return 1
        mails = sum(world.mailed_so_far().values())
        say(f"{len(world.revisions)} changes, {mails} mails: nobody lost, nobody twice.")
    return 0


@contextmanager
def _deployed(folder: Path, commit: str, authority: Path) -> Iterator[World]:
    stage = stage_of(CODES)
    with local_cloud.temporary(folder / "cloud", keep=False, authority=authority) as local:
        keys = _keys(local.cloud, stage, folder)
        releases = _releases(folder, commit, keys, stage.customers)
        world = World(local.cloud, stage, folder, releases=releases)
        releases[FROM].deploy("hub", *world.codes)
        releases[FROM].deploy(*(f"{code}-route" for code in world.codes))
        say("hub and customers are deployed")
        add_contacts(stage, local.cloud, PEOPLE)
        yield world


def _releases(
    folder: Path, commit: str, keys: Mapping[str, str], customers: Sequence[CustomerStack]
) -> dict[str, Release]:  # fmt: skip
    began = time.monotonic()
    made = {}
    for name in (FROM, TO):
        made[name] = Release(name, folder / name / "code", folder / name, keys)
        made[name].code.mkdir(parents=True)
    unpack(commit, made[FROM].code)
    copy_tree(made[TO].code)
    is_marked = mark_if_equal(made[FROM].code, made[TO].code)
    for each in made.values():
        write_samconfig(each, customers)
        each.build(customers[0].code)
    said = "the same code, marked as an earlier release" if is_marked else "another code"
    say(f"from {commit_of(commit)[:12]} ({said}): built in {time.monotonic() - began:.0f} s")
    return made


def _keys(cloud: Cloud, stage: Stage, folder: Path) -> Mapping[str, str]:
    """Return the environment of an engineer of the hub, with a profile for each customer."""
    profiles = configparser.ConfigParser(interpolation=None)
    for customer in stage.customers:
        parameters = [name for name, _ in customer.more]
        own = customer_engineer(cloud, customer.account, customer.region, parameters)
        profiles[f"profile {customer.profile}"] = {name.lower(): own[name] for name in CREDENTIALS}
    path = folder / "aws-config"
    with path.open("w") as file:
        profiles.write(file)
    return {**hub_engineer(cloud, HUB.account, HUB.region), "AWS_CONFIG_FILE": str(path)}


def say(text: str) -> None:
    """Print a line at once: a run takes minutes."""
    print(text, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.upgrade")
    parser.add_argument("--from", dest="commit", default="HEAD", metavar="COMMIT")
    parser.add_argument("--order", action="append", choices=[*ORDERS], help="only this one")
    known = [each.__name__ for each in states.State.__subclasses__()]
    parser.add_argument("--state", action="append", choices=known, help="only this one, and Open")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
