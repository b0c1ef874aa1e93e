"""How fast this account may send: one allocator shares SES's own quota among all its runs.

Pacing has three steps. shared_quota.py reads SES's quota (mails a second, mails left of the day)
once for all functions. `Wave.release` here reserves send slots for batches in ledger/send_slots.py,
at that rate for the whole account, and queues them. batch.py waits for a batch's slot, and between
its mails; mails that SES still throttles get new slots there.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html (SendQuota)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from changecast.contract.pause_code import PauseCode
from changecast.customer.ledger.due_index import schedule
from changecast.customer.ledger.schema import GRACE, Batch, Run
from changecast.customer.ledger.send_slots import reserve_slots
from changecast.customer.ledger.table import Ledger

# A wave lasts one and a half sweeps. Longer plans would hold slots that another change should
# share.
HORIZON = 90.0
# Batches beyond the wave are checked again in time for their slots, and at least this often.
_SOON, _LATE = 30.0, 900.0


@dataclass(frozen=True)
class Pace:
    """Mails a second, mails left of today's quota (None: no limit), and whether it may send.

    `used` is the used part of the day's quota in percent. Without `production` access the account
    is in SES's sandbox.
    """

    rate: float
    left: int | None
    enabled: bool
    used: float = 0.0
    production: bool = True

    @property
    def able(self) -> bool:
        """Whether the account can send now."""
        return self.enabled and self.left != 0

    def ends(self, pause: PauseCode | None) -> bool:
        """Return whether an automatic pause's cause is over; the planner ends its own pauses."""
        if pause is None or pause.is_planned_again:
            return False
        return self.able and (self.production or pause is not PauseCode.SANDBOX)


@dataclass
class Wave:
    """The account's next send slots, reserved group by group.

    `put_off` is the sending time of the batches without a slot so far (seconds). Later batches
    queue behind them; without it, a sweep would look at every planned batch. `beyond_quota` are the
    runs of batches for which the rest of the daily quota is too small.
    """

    ledger: Ledger
    pace: Pace
    now: float
    put_off: float = 0.0
    beyond_quota: set[str] = field(default_factory=set)

    def release(self, batches: Sequence[Batch]) -> list[Batch]:
        """Reserve slots for batches, one after the other.

        The sweep checks the others again at about their turn.

        Returns:
            The batches that have a slot.

        Raises:
            Retry: Too many others are reserving slots.
        """
        rate = self.pace.rate
        sizes = [batch.planned for batch in batches]
        starts, end = reserve_slots(
            self.ledger, sizes, rate=rate, horizon=HORIZON, left=self.pace.left, now=self.now
        )
        released = []
        for batch, start in zip(batches, starts, strict=False):
            look_at = start + batch.planned / rate + GRACE
            if done := schedule(self.ledger, batch, not_before=start, rate=rate, look_at=look_at):
                released.append(done)
        for batch in batches[len(starts) :]:
            self.put_off += batch.planned / rate
            promised = (end - self.now + self.put_off) * rate
            if self.pace.left is not None and promised > self.pace.left + 0.5:
                self.beyond_quota.add(batch.run)
            turn = end + self.put_off - self.now - HORIZON
            look_at = self.now + min(_LATE, max(_SOON, turn))
            schedule(self.ledger, batch, not_before=batch.not_before, rate=0.0, look_at=look_at)
        return released


def may_send(run: Run, batch: Batch) -> bool:
    """Return whether to send a batch; in the sandbox, each once, for verified recipients."""
    if run.superseded:
        return False
    if run.paused and run.pause_code is PauseCode.SANDBOX:
        return all(recipient.code != PauseCode.SANDBOX for recipient in batch.recipients)
    return not run.paused


def may_tell(run: Run) -> bool:
    """Whether endpoints are told of a run: what stops mails at SES stops no notice.

    A run that is beyond a limit of the account waits for a person, and so do its notices.
    """
    code = run.pause_code
    is_beyond_limit = run.paused and code is not None and code.is_account_limit
    return not (run.superseded or run.discarded or is_beyond_limit)


def interleaved(batches: Sequence[Batch]) -> list[Batch]:
    """Take one batch of each run in turn, so that small runs do not wait for large ones."""
    by_run: dict[str, list[Batch]] = {}
    for batch in batches:
        by_run.setdefault(batch.run, []).append(batch)
    return [batch for turn in zip_longest(*by_run.values()) for batch in turn if batch]
