"""How fast this account may send: SES's own quota, shared by all runs through one allocator.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html (SendQuota)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from changecast.account import reserve_slots
from changecast.agenda import schedule
from changecast.ledger import Ledger
from changecast.ledger_items import GRACE, Batch

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

# A wave: a sweep and a half. What is planned further ahead would hold slots that another change
# should share.
HORIZON = 90.0
# Batches beyond the wave are looked at again in time for theirs, and at least this often.
_SOON, _LATE = 30.0, 900.0


@dataclass(frozen=True)
class Pace:
    """Mails a second, how many of today's quota are left (None: no limit), may it send at all.

    `used` is how many percent of the day's quota are gone.
    """

    rate: float
    left: int | None
    enabled: bool
    used: float = 0.0

    @property
    def able(self) -> bool:
        """Whether anything can be sent now."""
        return self.enabled and self.left != 0


def account_pace(ses: "SESV2Client") -> Pace:
    """The account's pace as SES states it now; a quota of -1 means that there is no limit."""
    account = ses.get_account()
    quota = account.get("SendQuota", {})
    most, sent = quota.get("Max24HourSend", -1), quota.get("SentLast24Hours", 0)
    return Pace(
        rate=max(1.0, quota.get("MaxSendRate", 1.0)),
        left=None if most < 0 else max(0, int(most - sent)),
        enabled=account.get("SendingEnabled", True),
        used=100 * sent / most if most > 0 else 0.0,
    )


@dataclass
class Wave:
    """The account's next send slots, given out group by group.

    `put_off` is how many seconds those batches will take that have got none so far: whoever comes
    after them waits behind them. Were that forgotten, a sweep would look at every waiting batch.
    """

    ledger: Ledger
    pace: Pace
    now: float
    put_off: float = 0.0

    def release(self, batches: Sequence[Batch]) -> list[Batch]:
        """Give batches their slots, one after the other; comes back: who got one.

        The others are looked at again by the sweep, about when their turn comes. Raises Retry.
        """
        rate = self.pace.rate
        sizes = [batch.waiting for batch in batches]
        starts, end = reserve_slots(
            self.ledger, sizes, rate=rate, horizon=HORIZON, left=self.pace.left, now=self.now
        )
        released = []
        for batch, start in zip(batches, starts, strict=False):
            look_at = start + batch.waiting / rate + GRACE
            if done := schedule(self.ledger, batch, not_before=start, rate=rate, look_at=look_at):
                released.append(done)
        for batch in batches[len(starts) :]:
            self.put_off += batch.waiting / rate
            turn = end + self.put_off - self.now - HORIZON
            look_at = self.now + min(_LATE, max(_SOON, turn))
            schedule(self.ledger, batch, not_before=batch.not_before, rate=0.0, look_at=look_at)
        return released


def in_turn(batches: Sequence[Batch]) -> list[Batch]:
    """One batch of each run, then the next of each: a small run does not wait for a large one."""
    by_run: dict[str, list[Batch]] = {}
    for batch in batches:
        by_run.setdefault(batch.run, []).append(batch)
    return [batch for turn in zip_longest(*by_run.values()) for batch in turn if batch]
