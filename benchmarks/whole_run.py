"""One run from its announcement to its last report, in simulated time: what DynamoDB bills for it.

The real functions run, as many at a time as the template allows, and SES reports Send and Delivery
of every mail.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks.stubs.units import units_read, units_written, written_keys
from testbed.doubles.dynamodb import Table
from testbed.doubles.ses import SentMail
from testbed.simulation.faults import Planned
from testbed.simulation.pacing import Limited, PacedSes
from testbed.simulation.queues import Source
from testbed.simulation.world import GATE, Plot, World

# A common quota, at which sending to a list takes long enough for many reports.
RATE = 14.0
BATCH = 25


class Units(NamedTuple):
    """Per recipient."""

    read: float
    written: float
    reports: float


class TellingSes(PacedSes):
    """SES that reports the outcome of a mail soon after it."""

    def speak(self, mail: SentMail) -> None:
        """Accepted, then delivered."""
        self._say(0.5, mail.event("Send"))
        self._say(2.0, mail.event("Delivery"))


class Gathering(Limited):
    """Queues that wait for a window's worth of messages and then hand over what is there.

    It has one poller, where Lambda starts with five, so what is written once for each invocation is
    counted low.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html (batching)
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.receives: defaultdict[str, list[float]] = defaultdict(list)

    def _later(self, source: Source, delay: float) -> None:
        """A receive that is planned within the window takes this message too."""
        visible, planned = self.hub.now + delay, self.receives[source.queue]
        del planned[: bisect_left(planned, self.hub.now)]
        at = bisect_left(planned, visible)
        if at < len(planned) and planned[at] <= visible + source.gather:
            return
        insort(planned, visible + source.gather)
        super()._later(source, delay)


class Metered:
    """A table, and the units that its requests would use."""

    def __init__(self, table: Table) -> None:
        self.table, self.tokens = table, table.tokens
        self.read = self.written = 0

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = "".join(word.title() for word in method.split("_"))

        def call(**asked: Any) -> Any:
            items = self.table.items
            before = {key: items.get(key, {}) for key in written_keys(operation, asked)}
            answer = getattr(self.table, method)(**asked)
            self.read += units_read(operation, answer)
            pairs = [(item, items[key]) for key, item in before.items()]
            self.written += units_written(operation, pairs)
            return answer

        return call


def units_of_run(people: int) -> Units:
    """Announce one change to so many, and let everything happen that follows."""
    nothing_fails = Planned(frozenset())
    plot = Plot(
        people, BATCH, [(0.0, 1)], minor=False, policy="hold", faults=nothing_fails, rng=None
    )
    world = World(plot, ses_type=TellingSes, queues_type=Gathering)
    ses = world.ses
    assert isinstance(ses, TellingSes)
    ses.rate, ses.tokens, ses.filled_at, ses.throttled, ses.times = RATE, RATE, 0.0, 0, []
    ses.after = ses.speak
    table = Metered(world.table)
    GATE.fakes["dynamodb"] = table
    world.play()
    if len(ses.mails) != people:
        raise SystemExit("not everybody was mailed once")
    reports = len(world.events.entries)
    return Units(table.read / people, table.written / people, reports / people)
