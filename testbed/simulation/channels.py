"""Schedules of an account with a chat and a webhook: who was told, how often, and who is left."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from changecast.customer.channels.chat import Chat
from changecast.customer.channels.https import HttpAnswer, Unreachable
from changecast.customer.channels.targets import Target
from changecast.customer.channels.webhook import Webhook
from changecast.customer.ledger.endpoints import Endpoint, add_endpoint
from changecast.customer.ledger.schema import ChannelName, Recipient, Run
from changecast.customer.ledger.table import endpoint_batches
from changecast.customer.sending.unanswered import Policy
from testbed.doubles.account import configure
from testbed.doubles.receivers import SECRET, Receivers
from testbed.doubles.secrets import Secrets
from testbed.doubles.sns import Sns
from testbed.simulation.world import GATE, World, modules

ARN = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:changecast/channels/ops"
TOPIC = "arn:aws:sns:eu-west-1:111111111111:changecast-chat"
TOPICS = ("announcements", "approvals")
CHAT = Endpoint("chat", ChannelName.CHAT, TOPIC, TOPICS)
OPS = Endpoint("ops", ChannelName.WEBHOOK, "https://ops.acme.example/", TOPICS, secret=ARN)


class Told(NamedTuple):
    """The result of a schedule for its endpoints."""

    twice: int
    lost: int
    stuck: int
    untrue: int


@dataclass
class ChannelWorld(World):
    """A plot whose account has a chat and a webhook."""

    def __post_init__(self) -> None:
        """Give the account its endpoints, before anything happens."""
        super().__post_init__()
        self.sns, self.receivers, secrets = Sns(), Receivers(), Secrets()
        secrets.webhooks[ARN, "AWSCURRENT"] = SECRET
        GATE.fakes |= {"sns": self.sns, "secretsmanager": secrets, "https": self.receivers}
        ledger = replace(modules(channels=True)["sweep"].ledger, client=self.table)
        for endpoint in (CHAT, OPS):
            add_endpoint(ledger, endpoint)

    def _configure(self, loaded: dict[str, ModuleType]) -> None:
        super()._configure(loaded)
        secrets: Any = GATE.client("secretsmanager")
        sns: Any = GATE.client("sns")
        webhook = partial(Webhook, secrets, clock=self.hub.time, resolve=_public, post=_post)
        channels = {
            ChannelName.CHAT: partial(Chat, sns),
            ChannelName.WEBHOOK: webhook,
        }
        configure(loaded["deliver_notice"], "notices", channels=channels)

    def endpoints(self, run: Run) -> dict[str, Recipient]:
        """Return the endpoints of a run by name, as the table has them."""
        ledger = replace(modules(channels=True)["sweep"].ledger, client=self.table)
        batches = endpoint_batches(ledger, run)
        return {recipient.address: recipient for b in batches for recipient in b.recipients}


def judge_endpoints(world: ChannelWorld) -> Told:
    """Check what was accepted, and what the ledger says about it."""
    runs = world.runs()
    rows = [row for run in runs for row in world.endpoints(run).values()]
    posted = Counter(one.headers["webhook-id"] for one in world.receivers.posted)
    messages = Counter(one.message for one in world.sns.published)
    is_hold = world.plot.policy == Policy.HOLD
    return Told(
        # A repeat of a webhook has the id of the first; a chat's is a second message.
        twice=sum(messages.values()) - len(messages) if is_hold else 0,
        lost=sum(not _is_told(world, name, runs) for name in ("chat", "ops")),
        stuck=sum(row.state in {"PLANNED", "SENDING", "UNKNOWN"} for row in rows),
        untrue=sum(
            row.channel is ChannelName.WEBHOOK
            and (row.state == "SENT") is not bool(posted[f"msg_{row.key}"])
            for row in rows
        ),
    )


def _is_told(world: ChannelWorld, name: str, runs: Sequence[Run]) -> bool:
    """Return whether an endpoint knows the newest revision, or the ledger says that nobody knows.

    Nobody who knows the previous revision is told of one that reads the same.
    """
    every = [world.endpoints(run) for run in runs]
    newest = [rows[name] for rows in every if name in rows]
    may_be_held = name == "chat" and world.plot.policy == Policy.HOLD
    return bool(newest) and (
        newest[-1].state == "SENT" or (may_be_held and newest[-1].state == "HELD")
    )


def _public(host: str, port: int) -> Sequence[str]:
    del host, port
    return Receivers().addresses


def _post(
    target: Target, addresses: Sequence[str], body: bytes, headers: Mapping[str, str]
) -> HttpAnswer:
    """Post as the product does; an error is one word."""
    request: dict[str, Any] = {
        "target": target, "addresses": addresses, "body": body, "headers": headers
    }  # fmt: skip
    try:
        answer: HttpAnswer = GATE.call("https", "post", request)
    except (ClientError, BotoCoreError) as error:
        raise Unreachable("connection") from error
    return answer
