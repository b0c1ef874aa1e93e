"""Held recipients: SES may or may not have their mails, and a person decides what happens."""

from changecast.customer.ledger.due_index import set_due
from changecast.customer.ledger.runs import reopen
from changecast.customer.ledger.schema import Recipient, Run
from changecast.customer.ledger.states import RecipientEvent, State
from changecast.customer.ledger.table import Ledger, all_batches
from changecast.customer.ledger.transitions import Move, move


def held(ledger: Ledger, run: Run) -> list[Recipient]:
    """Return the held recipients, each with its attempt and since when it is held."""
    return [
        recipient
        for batch in all_batches(ledger, run)
        for recipient in batch.recipients
        if recipient.state is State.HELD
    ]


def release_held(ledger: Ledger, run: Run, now: float) -> int:
    """Send again to all held recipients, at the risk of a second mail; return how many."""
    released = _settle_held(ledger, run, RecipientEvent.RELEASED, now)
    if released:
        reopen(ledger, run)
    return released


def drop_held(ledger: Ledger, run: Run, now: float) -> int:
    """Give up on all held recipients, who then count as failed; return how many."""
    return _settle_held(ledger, run, RecipientEvent.DROPPED, now)


def _settle_held(ledger: Ledger, run: Run, event: RecipientEvent, now: float) -> int:
    """Move all held recipients; the next sweep looks at their batches and reports the run."""
    settled = 0
    for batch in all_batches(ledger, run):
        moves = [Move(r, event) for r in batch.recipients if r.state is State.HELD]
        if moves:
            written, moved = move(ledger, batch, moves, now)
            set_due(ledger, written, now)
            settled += len(moved)
    return settled
