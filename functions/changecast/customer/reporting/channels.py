"""The state of a run's chats and webhooks, for its report. No count includes them."""

from datetime import UTC, datetime

from changecast.contract.delivery_reported import ChannelReport, ChannelState
from changecast.customer.ledger.schema import Batch, Recipient, Run
from changecast.customer.ledger.states import ACCEPTED, NOT_SENT, State
from changecast.customer.ledger.table import Ledger, endpoint_batches

_STATES = {
    State.PLANNED: ChannelState.PLANNED,
    State.SENDING: ChannelState.PLANNED,
    State.UNKNOWN: ChannelState.UNKNOWN,
    State.HELD: ChannelState.HELD,
    State.SUPERSEDED: ChannelState.SUPERSEDED,
    **dict.fromkeys(ACCEPTED, ChannelState.SENT),
    **dict.fromkeys(NOT_SENT, ChannelState.FAILED),
}


def channel_reports(ledger: Ledger, run: Run) -> tuple[ChannelReport, ...]:
    """Return the state of each endpoint of a run."""
    if not run.endpoints:
        return ()
    return tuple(
        _report_of(batch, recipient)
        for batch in endpoint_batches(ledger, run)
        for recipient in batch.recipients
    )


def _report_of(batch: Batch, recipient: Recipient) -> ChannelReport:
    is_waiting = recipient.state is State.PLANNED and recipient.attempt and batch.not_before
    return ChannelReport(
        name=recipient.address,
        channel=recipient.channel.value,
        state=_STATES[recipient.state],
        code="" if recipient.state in ACCEPTED else recipient.code,
        next_try_at=datetime.fromtimestamp(batch.not_before, UTC) if is_waiting else None,
    )
