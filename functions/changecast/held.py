"""Recipients of whom nobody knows whether SES has their mail: what people decide about them."""

from changecast.agenda import look_at
from changecast.ledger import Ledger, batches_of
from changecast.ledger_items import Recipient, Run
from changecast.moves import Move, move
from changecast.runs import reopen
from changecast.states import Happening, State


def held(ledger: Ledger, run: Run) -> list[Recipient]:
    """Who is held, with the attempt and the time since when."""
    return [
        recipient
        for batch in batches_of(ledger, run)
        for recipient in batch.recipients
        if recipient.state is State.HELD
    ]


def release_held(ledger: Ledger, run: Run, now: float) -> int:
    """Send once more to everybody held, at the risk of a second mail; comes back: how many."""
    freed = _settle_held(ledger, run, Happening.RELEASED, now)
    if freed:
        reopen(ledger, run)
    return freed


def drop_held(ledger: Ledger, run: Run, now: float) -> int:
    """Give up on everybody held, who then counts as failed; comes back: how many."""
    return _settle_held(ledger, run, Happening.DROPPED, now)


def _settle_held(ledger: Ledger, run: Run, happening: Happening, now: float) -> int:
    """Move everybody held; the next sweep looks at their batches, and lets the hub hear of it."""
    settled = 0
    for batch in batches_of(ledger, run):
        waiting = [Move(r, happening) for r in batch.recipients if r.state is State.HELD]
        if waiting:
            now_is, moved = move(ledger, batch, waiting, now)
            look_at(ledger, now_is, now)
            settled += len(moved)
    return settled
