"""changecast channels backup, restore: the channels as a file, without any secret."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from changecast.contract.delivery_reported import CHANNELS_LIMIT
from changecast.contract.errors import ContractError
from changecast.customer.channels.targets import target_of
from changecast.customer.ledger.endpoints import Endpoint, add_endpoint, is_name, read_endpoints
from changecast.customer.ledger.schema import ChannelName
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.channels.account import Channels, open_channels
from changecast_cli.channels.adding import checked_topic, checked_topics
from changecast_cli.channels.secrets import keep_secret, new_secret
from changecast_cli.contacts.account import AccountProfile, AccountRegion, Code
from changecast_cli.failures import FAILED, Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import counted, out, print_json
from changecast_cli.text_files import read_text, save_text

FORMAT = "changecast-channels-1"
_KEPT = ("name", "channel", "target", "topics", "tests")
File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.")]


@dataclass(frozen=True)
class RestorePlan:
    """Plan of a restore: channels to add, and names that stay as they are."""

    add: Sequence[Endpoint]
    kept: Sequence[str]

    def lines(self) -> Iterator[str]:
        """Yield the plan in sentences."""
        yield from (f"{one.channel} {one.name} is added" for one in self.add)
        yield from (f"{name} stays as it is" for name in self.kept)


def back_up(
    file: File,
    customer: Code = None,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Save the chats and webhooks in a file, with their topics and without their secrets.

    The address of a webhook may be confidential, so only you can read the file.
    """
    channels = open_channels(customer, profile, region)
    found = read_endpoints(channels.ledger)
    kept = [{name: getattr(each, name) for name in _KEPT} for each in found]
    made = {"format": FORMAT, "account": channels.account, "channels": kept}
    save_text(file, json.dumps(made, indent=1, ensure_ascii=False) + "\n", mode=0o600)
    out.print(f"{counted(len(found), 'channel')} in {file}", markup=False)


def bring_back(
    file: File,
    yes: Yes = False,
    dry_run: DryRun = False,
    customer: Code = None,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Add a backup's chats and webhooks that the account lacks; the others stay as they are.

    Each webhook that is added gets a new secret, which is shown once. Refuses a backup with a chat
    of another account, because Changecast cannot publish to another account's topic.
    """
    channels = open_channels(customer, profile, region)
    plan = plan_restore(channels, read_backup(file))
    if not go_on(["Restore channels:", *plan.lines()], yes=yes, dry_run=dry_run):
        if dry_run:
            return
        raise typer.Exit(FAILED)
    secrets = {one.name: _restored(channels, one) for one in plan.add}
    if as_json:
        added = [{"name": name, **({"secret": it} if it else {})} for name, it in secrets.items()]
        print_json({"added": added, "kept": plan.kept})
        return
    out.print(f"{counted(len(plan.add), 'channel')} added, {len(plan.kept)} unchanged")
    for name, secret in secrets.items():
        if secret:
            out.print(f"Secret of {name}, shown only once: {secret}", markup=False)


def read_backup(path: Path) -> Mapping[str, Any]:
    """Read a backup; Refused if the file is not one."""
    try:
        made = json.loads(read_text(path, expected="JSON"))
    except ValueError as error:
        raise Refused(f"{path} cannot be read: {error}") from error
    if not isinstance(made, dict) or made.get("format") != FORMAT:
        raise Refused(
            f"{path} is not a backup of channels (its `format` is not {FORMAT}). Name a file that "
            "`changecast channels backup` wrote"
        )
    return made


def plan_restore(channels: Channels, made: Mapping[str, Any]) -> RestorePlan:
    """Compare a backup with the account; Refused with the first channel that cannot be added."""
    taken = {each.name for each in read_endpoints(channels.ledger)}
    try:
        found = [_endpoint(channels, each) for each in made["channels"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"the backup's channels cannot be read: {error!r}") from error
    add = [one for one in found if one.name not in taken]
    if len(taken) + len(add) > CHANNELS_LIMIT:
        raise Refused(
            f"an account can have at most {CHANNELS_LIMIT} channels: it has {len(taken)}, and the "
            f"backup would add {len(add)}"
        )
    return RestorePlan(add, [one.name for one in found if one.name in taken])


def _endpoint(channels: Channels, kept: Mapping[str, Any]) -> Endpoint:
    """Return a channel of a backup, checked like one that somebody adds."""
    if unknown := sorted(set(kept) - {*_KEPT}):
        raise Refused(f"the backup's channels have unknown fields: {unknown}")
    name, channel = kept["name"], ChannelName(kept["channel"])
    if not is_name(name):
        raise Refused(
            f"{name!r} is not a channel name: use at most 32 characters (a-z, 0-9, and - between "
            "them)"
        )
    topics = checked_topics(",".join(kept["topics"]))
    if channel is ChannelName.CHAT:
        checked_topic(channels, kept["target"])
    elif channel is ChannelName.WEBHOOK:
        _refuse_target(name, kept["target"])
    else:
        raise Refused(
            f"{name} is not a chat or webhook. To restore people: changecast contacts restore"
        )
    is_tested = kept["tests"] is True
    return Endpoint(name, channel, kept["target"], topics, is_tested, created_at=time.time())


def _refuse_target(name: str, url: str) -> None:
    try:
        target_of(url)
    except ContractError as error:
        raise Refused(f"the address of {name} {error.message}") from error


def _restored(channels: Channels, one: Endpoint) -> str:
    """Add a channel; return the secret of a webhook, else nothing."""
    secret, arn = "", ""
    if one.channel is ChannelName.WEBHOOK:
        secret = new_secret()
        arn = keep_secret(channels, one.name, secret)
    values = vars(one) | {"secret": arn}
    if not add_endpoint(channels.ledger, Endpoint(**values)):
        raise Refused(
            f"somebody else added a channel {one.name!r} just now; run the same command again"
        )
    return secret
