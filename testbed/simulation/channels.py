"""Schedules of an account with a chat and a webhook: which of them were told, and how often."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.reserved_ids import TEST_SUFFIX
from changecast.customer.channels.chat import Chat
from changecast.customer.channels.https import HttpAnswer, Unreachable
from changecast.customer.channels.targets import Target
from changecast.customer.channels.webhook import Webhook
from changecast.customer.ledger.endpoints import Endpoint, add_endpoint
from changecast.customer.ledger.schema import ChannelName, Recipient, Run
from changecast.customer.ledger.table import endpoint_batches
from changecast.customer.planning.endpoints import WHOLE
from changecast.customer.sending.unanswered import NO_ANSWER, Policy
from testbed.doubles.account import configure
from testbed.doubles.receivers import SECRET, Receivers
from testbed.doubles.secrets import Secrets
from testbed.doubles.sns import Sns
from testbed.simulation.expectations import Mail, Tally
from testbed.simulation.plots import story_plot
from testbed.simulation.reminding import ReminderKey, remind_tally, reminded_story
from testbed.simulation.world import GATE, Verdict, World, judge, modules

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
    astray: int = 0


@dataclass
class ChannelWorld(World):
    """A plot whose account has chats and webhooks: one of each unless said otherwise."""

    kept: Sequence[Endpoint] = (CHAT, OPS)
    receivers: Receivers = field(default_factory=Receivers)

    def __post_init__(self) -> None:
        """Give the account its endpoints, before anything happens."""
        super().__post_init__()
        self.sns, secrets = Sns(), Secrets()
        secrets.webhooks[ARN, "AWSCURRENT"] = SECRET
        GATE.fakes |= {"sns": self.sns, "secretsmanager": secrets, "https": self.receivers}
        ledger = replace(modules(channels=True)["sweep"].ledger, client=self.table)
        for endpoint in self.kept:
            add_endpoint(ledger, endpoint)
        self.accepted: dict[str, float] = {}
        self.receivers.after = lambda posted: self._accepted(posted.headers["webhook-id"])
        self.sns.after = lambda _: self._accepted(f"sns-{len(self.sns.published)}")

    def _accepted(self, what: str) -> None:
        """Note when a webhook or a chat message was first accepted, by its id."""
        self.accepted.setdefault(what, self.hub.now - self.start)

    def texts(self, run: Run) -> dict[str, str]:
        """Return the texts for chats that a run keeps, by variant."""
        objects = GATE.fakes["s3"].objects
        kept = {key.rpartition("/")[2]: body for key, body in objects.items() if run.run in key}
        return {
            name.removesuffix(".json"): body.decode()
            for name, body in kept.items()
            if name.startswith("chat")
        }

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
    every = world.runs()
    runs = [run for run in every if not run.is_reminder]
    rows = [row for run in every for row in world.endpoints(run).values()]
    posted = Counter(one.headers["webhook-id"] for one in world.receivers.posted)
    messages = Counter(one.message for one in world.sns.published)
    is_hold = world.plot.policy == Policy.HOLD
    reminded = _reminded(world, every) if world.plot.story else None
    # A reminder tells all to a chat of which nobody knows whether it got the announcement.
    meant = Counter(text for run in every for text in {*world.texts(run).values()})
    return Told(
        # A repeat of a webhook has the id of the first; a chat's is a second message.
        twice=sum(max(0, n - max(1, meant[text])) for text, n in messages.items())
        if is_hold
        else 0,
        lost=reminded.lost
        if reminded
        else sum(not _is_told(world, name, runs) for name in ("chat", "ops")),
        stuck=sum(row.state in {"PLANNED", "SENDING", "UNKNOWN"} for row in rows),
        untrue=sum(
            row.channel is ChannelName.WEBHOOK
            and (row.state == "SENT") is not bool(posted[f"msg_{row.key}"])
            and not _may_have_arrived(row)
            for row in rows
        ),
        astray=reminded.astray if reminded else 0,
    )


def _may_have_arrived(row: Recipient) -> bool:
    """Return whether the ledger says that nobody knows: it was superseded after a last try."""
    return row.state == "SUPERSEDED" and row.code in {NO_ANSWER, "connection"}


def play_reminded(seed: int, policy: str) -> tuple[int, Verdict]:
    """Play the story of a seed in which people, a chat and a webhook are reminded."""
    story = reminded_story(random.Random(f"channels {seed}/{policy}"))
    plot = replace(story_plot(seed, policy), story=story, channels=True)
    world = ChannelWorld(plot)
    world.play()
    told = judge_endpoints(world)
    return seed, judge(world) + Verdict(**told._asdict())


def _reminded(world: ChannelWorld, runs: Sequence[Run]) -> Tally:
    """Compare the reminders of endpoints with those of people who took everything all the time."""
    assert world.plot.story
    always = {topic: [one.name for one in world.kept] for topic in TOPICS}
    story = replace(world.plot.story, first={**always, "calendar": []}, steps=[])
    mails, held = list[Mail](), set[ReminderKey]()
    for run in runs:
        reminds = (run.starts_at - world.start, run.reminds) if run.is_reminder else None
        for name, row in world.endpoints(run).items():
            is_chat = row.channel is ChannelName.CHAT
            at = world.accepted.get(row.message_id if is_chat else f"msg_{row.key}")
            if at is not None:
                whole = not run.is_reminder or row.variant.endswith(WHOLE)
                is_test = run.change_id.endswith(TEST_SUFFIX)
                mails.append(Mail(at, name, is_test, run.revision, False, reminds, whole))
            elif row.state == "HELD" and reminds:
                held.add((*reminds, name))
    return remind_tally(story, sorted(mails, key=lambda one: one.at), held)


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
