"""changecast channels add, remove."""

import re
import time
from typing import Annotated

import typer

from changecast.contract.delivery_reported import CHANNELS_LIMIT
from changecast.contract.errors import ContractError
from changecast.customer.channels.targets import target_of
from changecast.customer.ledger.endpoints import (
    Endpoint,
    add_endpoint,
    is_name,
    read_endpoints,
    remove_endpoint,
)
from changecast.customer.ledger.schema import ChannelName
from changecast.customer.mailing import Topic
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.channels.account import ChannelArgument, Channels, open_channels
from changecast_cli.channels.secrets import delete_secret, keep_secret, new_secret
from changecast_cli.contacts.account import AccountProfile, AccountRegion, Code
from changecast_cli.failures import FAILED, Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import out, print_json

TOPICS = (Topic.ANNOUNCEMENTS.value, Topic.APPROVALS.value)
_TOPIC_ARN = re.compile(
    r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):(?P<name>[A-Za-z0-9_-]+)"
)
Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        help="The channel's name: a-z, 0-9 and - (default: `chat` for a chat, `webhook` for a "
        "webhook).",
    ),
]
TopicsHeard = Annotated[
    str,
    typer.Option(
        "--topics",
        help="The contact-list topics whose notices the channel gets: announcements, approvals, or "
        "both, separated by a comma.",
    ),
]
Tests = Annotated[
    bool,
    typer.Option(
        "--tests",
        help="Also send it test announcements, and everything from a stack whose Environment is "
        "not prod.",
    ),
]


def add_chat(
    topic_arn: Annotated[
        str,
        typer.Option(
            "--topic-arn", help="The ARN of the SNS topic, whose name must begin with changecast-."
        ),
    ],
    name: Name = None,
    topics: TopicsHeard = TOPICS[0],
    tests: Tests = False,
    customer: Code = None,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Add a chat: an SNS topic of the account, from which Amazon Q Developer reads the notices.

    Amazon Q Developer shows them in Slack or Microsoft Teams. Everything else that subscribes to
    the SNS topic gets them too.
    """
    channels = open_channels(customer, profile, region)
    arn = checked_topic(channels, topic_arn.strip())
    new = Endpoint(
        _free_name(channels, name or ChannelName.CHAT.value),
        ChannelName.CHAT,
        arn,
        checked_topics(topics),
        tests=tests,
        created_at=time.time(),
    )
    _add(channels, new)
    _tell(channels, new, "", as_json=as_json)


def add_webhook(
    url: Annotated[str, typer.Option("--url", help="The public https address to post to.")],
    name: Name = None,
    topics: TopicsHeard = TOPICS[0],
    tests: Tests = False,
    customer: Code = None,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Add a webhook: each notice is posted to it, signed as Standard Webhooks specifies.

    The secret is shown once. After that, only the function that signs with it can read it.
    """
    try:
        target_of(url)
    except ContractError as error:
        raise Refused(f"--url {error.message}") from error
    channels = open_channels(customer, profile, region)
    free, heard = _free_name(channels, name or ChannelName.WEBHOOK.value), checked_topics(topics)
    secret = new_secret()
    arn = keep_secret(channels, free, secret)
    new = Endpoint(
        free, ChannelName.WEBHOOK, url, heard, tests=tests, secret=arn, created_at=time.time()
    )
    _add(channels, new)
    _tell(channels, new, secret, as_json=as_json)


def remove(
    name: ChannelArgument,
    customer: Code = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Remove a chat or a webhook. Notices that have not been sent yet are dropped."""
    channels = open_channels(customer, profile, region)
    gone = channels.known(name)
    if not go_on([f"Remove the {gone.channel} {name}"], yes=yes, dry_run=dry_run):
        if dry_run:
            return
        raise typer.Exit(FAILED)
    remove_endpoint(channels.ledger, name)
    if gone.secret:
        delete_secret(channels, gone)
    out.print(f"Removed: {name}", markup=False)


def _add(channels: Channels, new: Endpoint) -> None:
    if not add_endpoint(channels.ledger, new):
        raise Refused(f"somebody else just added a channel {new.name!r}; nothing was changed")


def _tell(channels: Channels, new: Endpoint, secret: str, *, as_json: bool) -> None:
    if as_json:
        said = {"name": new.name, "channel": new.channel.value, "topics": new.topics}
        print_json(said | ({"secret": secret} if secret else {}))
        return
    out.print(f"Added: the {new.channel} {new.name}, for {', '.join(new.topics)}", markup=False)
    if secret:
        out.print(f"Secret, shown only once: {secret}", markup=False)
    try_it = f"Try it: changecast channels test {new.name}{channels.where}"
    out.print(try_it, markup=False)


def _free_name(channels: Channels, name: str) -> str:
    if not is_name(name):
        raise Refused(
            f"{name!r} is not a channel name: use at most 32 characters (a-z, 0-9, and - between "
            "them)"
        )
    taken = [each.name for each in read_endpoints(channels.ledger)]
    if name in taken:
        raise Refused(f"a channel {name!r} already exists: use another --name, or remove it")
    if len(taken) >= CHANNELS_LIMIT:
        raise Refused(f"an account can have at most {CHANNELS_LIMIT} channels: remove one first")
    return name


def checked_topics(said: str) -> tuple[str, ...]:
    """Return the topics that somebody named, each once; Refused if a channel cannot have one."""
    found = tuple(dict.fromkeys(word for word in said.replace(",", " ").split()))
    if unknown := [word for word in found if word not in TOPICS]:
        raise Refused(
            f"a channel cannot get the topic {', '.join(unknown)}, only {', '.join(TOPICS)}"
        )
    if not found:
        raise Refused(f"--topics is empty: choose from {', '.join(TOPICS)}")
    return found


def checked_topic(channels: Channels, arn: str) -> str:
    """Return the ARN of a topic, if its name and account allow the function to publish to it."""
    read = _TOPIC_ARN.fullmatch(arn)
    if read is None:
        raise Refused(f"{arn!r} is not the ARN of an SNS topic")
    here = (channels.account, channels.session.region_name)
    if (read["account"], read["region"]) != here:
        raise Refused(
            f"the topic is in account {read['account']} in {read['region']}; a chat needs a topic "
            f"in this account, {here[0]}, and this Region, {here[1]}"
        )
    if not read["name"].startswith("changecast-"):
        raise Refused(
            f"the topic is called {read['name']}; Changecast may publish only to topics whose "
            f"name begins with changecast-. An administrator of account {channels.account} must "
            "create one (the policies in docs/policies do not allow it): aws sns create-topic "
            "--name changecast-changes"
        )
    return arn
