"""What chats and webhooks cost the mails, and how fast webhooks go out.

    python -m benchmarks.channels

Mails: two accounts send in the same rounds on the same core, one with a chat and two webhooks. SES
takes 25 ms for an answer, everything else 5 ms.

Webhooks: 500 changes for 20 webhooks at once, over the real functions in simulated time. The
template lets five notices be sent at a time. Each takes some calls of ours, 4 ms each, and the
receiver 50 ms: together 0.1 s, so 50 a second.
"""

import random
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import boto3

from benchmarks.account import Account, Figures, account
from benchmarks.measure import (
    at_least,
    at_least_peer,
    at_most,
    at_most_peer,
    pin_to_one_core,
    report,
)
from changecast.customer.channels.https import HttpAnswer
from changecast.customer.ledger.endpoints import Endpoint, add_endpoint
from changecast.customer.ledger.schema import ChannelName
from changecast.customer.ledger.table import Ledger
from testbed.doubles.account import ENVIRONMENT
from testbed.doubles.announcements import envelope
from testbed.doubles.receivers import OK, Receivers
from testbed.simulation.channels import ARN, CHAT, OPS, TOPICS, ChannelWorld
from testbed.simulation.faults import Planned
from testbed.simulation.hub import Hub
from testbed.simulation.pacing import Limited
from testbed.simulation.world import Plot
from testbed.templates import resource

MAILS, ROUNDS, PROCESSES = 2_500, 9, 4
SECOND = Endpoint("second", ChannelName.WEBHOOK, "https://b.acme.example/", TOPICS, secret=ARN)
CHANGES, WEBHOOKS = 500, 20
RECEIVER_SECONDS, RATE = 0.05, 50.0
_SOURCE = resource("template.yaml", "DeliverNoticeFunction")["Events"]["NoticesQueue"]
AT_ONCE = int(_SOURCE["Properties"]["ScalingConfig"]["MaximumConcurrency"])


def main() -> None:
    """Print one JSON line per measure."""
    _webhooks()
    _mails()


def _mails() -> None:
    with ExitStack() as stack:
        on = stack.enter_context(account(MAILS, channels=True))
        off = stack.enter_context(account(MAILS))
        _add_endpoints(on)
        pin_to_one_core()
        rounds = [_round(on, off, number) for number in range(ROUNDS)]
        told = len(on.messages("notices"))
    with_channels, without = zip(*rounds, strict=True)
    # Nothing is compared for a test, which tells no endpoint.
    report("channels_notices_queued", [told], "notices", at_least(3 * ROUNDS))
    rates = [[each.units / each.wall for each in side] for side in (with_channels, without)]
    report("channels_send_rate", rates[0], "mails/s", at_least_peer(0.97), peers=rates[1])
    cpu = [[1e3 * each.cpu / each.units for each in side] for side in (with_channels, without)]
    report("channels_send_cpu", cpu[0], "ms CPU a mail", at_most_peer(1.03), peers=cpu[1])


def _add_endpoints(on: Account) -> None:
    client = boto3.client(
        "dynamodb", endpoint_url=on.urls["dynamodb"], region_name="eu-west-1",
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )  # fmt: skip
    ledger = Ledger(client, ENVIRONMENT["LEDGER_TABLE"], 0.0, 0.0)
    for endpoint in (CHAT, OPS, SECOND):
        add_endpoint(ledger, endpoint)


def _round(on: Account, off: Account, number: int) -> tuple[Figures, Figures]:
    """Send from both accounts; each is the first in every other round."""
    hints = {id(place): place.plan()[1] for place in (on, off)}
    order = (on, off) if number % 2 else (off, on)
    sent = {id(place): place.send(hints[id(place)], PROCESSES) for place in order}
    return sent[id(on)], sent[id(off)]


@dataclass
class Slow(Receivers):
    """Receivers that take their time; counts how many are called at once."""

    hub: Hub
    times: list[float] = field(default_factory=list)
    open: int = 0
    most: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self.answer = self._slowly

    def _slowly(self, host: str) -> HttpAnswer:
        del host
        self.open += 1
        self.most = max(self.most, self.open)
        self.hub.sleep(RECEIVER_SECONDS)
        self.open -= 1
        self.times.append(self.hub.now)
        return OK


def _webhooks() -> None:
    hub = Hub()
    receivers = Slow(hub)
    kept = [
        Endpoint(f"ops-{n}", ChannelName.WEBHOOK, f"https://{n}.acme.example/", TOPICS, secret=ARN)
        for n in range(WEBHOOKS)
    ]
    plot = Plot(1, 25, [], minor=False, policy="hold", faults=Planned(frozenset()), rng=None,
                channels=True)  # fmt: skip
    world: Any = ChannelWorld(plot, hub, queues_type=Limited, kept=kept, receivers=receivers)
    world.queues.rng = random.Random(1)
    for number in range(CHANGES):
        world.announce(0.0, envelope(change_id=f"CHG{number}"))
    world.play()
    ids = {one.headers["webhook-id"] for one in receivers.posted}
    seconds = receivers.times[-1] - receivers.times[0] + RECEIVER_SECONDS
    report("webhooks_accepted", [len(ids)], "notices", at_least(CHANGES * WEBHOOKS))
    report("webhooks_twice", [len(receivers.posted) - len(ids)], "notices", at_most(0))
    report("webhooks_at_once", [receivers.most], "calls", at_most(AT_ONCE))
    rate = len(receivers.times) / seconds
    report("webhooks_rate", [rate], "notices/s, simulated", at_least(RATE))


if __name__ == "__main__":
    main()
