"""Outcomes from the queue: record what SES's events say about recipients, request reports."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import ContractError, Retry
from changecast.contract.messages import object_in
from changecast.customer.channels.ses_events import MailOutcome, outcome_of, said_at
from changecast.customer.hints import hint_report
from changecast.customer.ledger.evidence import note_event
from changecast.customer.ledger.report_schedule import confirm_request, request_report
from changecast.customer.ledger.schema import Batch, Recipient
from changecast.customer.ledger.table import Ledger, read_recipients
from changecast.customer.ledger.transitions import Move, move
from changecast.customer.sending.settings import OutcomeSettings
from changecast.lambdas.batches import Answer, Group, Record, came_before, each_group
from changecast.lambdas.queues import send_all
from changecast.lambdas.threads import in_threads
from changecast.lambdas.tracing import step

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

log = logging.getLogger("changecast")
# Outcomes come in bursts, one or two for every mail, so collect some before a report.
GATHER_SECONDS = 3
# Recorded outcomes must be reported before Lambda ends the invocation.
LAST_SECONDS = 8.0

# An event this late may come from the dead letters, where SQS counts its receives anew.
LATE_SECONDS = 1_200.0

# How many ledger batches are written at a time: waiting for DynamoDB costs Lambda's time, too. An
# invocation has at most one write of each batch under way, as without threads.
THREADS = 8

LedgerBatch = tuple[str, int]
Call = Callable[[int, Group], Answer]


@dataclass(frozen=True)
class Recorder:
    """What recording outcomes needs."""

    ledger: Ledger
    sqs: "SQSClient"
    settings: OutcomeSettings
    clock: Callable[[], float] = time.time
    each: Callable[[Call, Sequence[Group]], list[Answer]] = field(
        default=partial(in_threads, THREADS)
    )


class SesEvent(NamedTuple):
    """An event of SES: when it was put (epoch seconds), and the outcome if it is about a mail."""

    put_at: float
    outcome: MailOutcome | None

    @property
    def batch(self) -> LedgerBatch | None:
        """The ledger batch that the event is about."""
        return (self.outcome.run, self.outcome.batch) if self.outcome else None


@dataclass
class _Recording:
    """One invocation: its events, their recipients, and the touched runs.

    `touched` are the runs to report, and whether an earlier try may have died before its report.
    Threads only add to these.
    """

    until: float
    events: dict[str, SesEvent]
    recipients: dict[LedgerBatch, list[Recipient]]
    tried: set[LedgerBatch] = field(default_factory=set)
    touched: list[tuple[str, bool]] = field(default_factory=list)
    recorded_at: list[float] = field(default_factory=list)


def record_outcomes(recorder: Recorder, records: Sequence[Record], until: float) -> Answer:
    """Record the outcomes of SQS records by ledger batches, then request reports.

    Records without time before `until` (epoch seconds) go back to the queue.
    """
    events = dict(_readable(records))
    recipients = _read_together(recorder, events.values())
    recording = _Recording(until - LAST_SECONDS, events, recipients)
    groups = _by_ledger_batch(records, events)
    record = partial(_record_group, recorder, recording)
    answers = recorder.each(lambda _, group: each_group([group], record), groups)
    if newest := max(recording.recorded_at, default=0.0):
        # An event with a time in the future must not prove that later events arrive.
        note_event(recorder.ledger, min(newest, recorder.clock()))
    _request_reports(recorder, recording.touched)
    return {"batchItemFailures": [one for each in answers for one in each["batchItemFailures"]]}


def _record_group(recorder: Recorder, recording: _Recording, group: Group) -> None:
    """Record the events of one ledger batch, or one event without a batch."""
    if recorder.clock() > recording.until:
        raise Retry("no time is left to record this outcome")
    events = [recording.events.get(record["messageId"]) or _event_in(record) for record in group]
    if batch := events[0].batch:
        outcomes = [event.outcome for event in events if event.outcome]
        with step("record", recorder.settings.customer_code, run=batch[0]):
            again = batch in recording.tried or any(map(came_before, group))
            again |= any(recorder.clock() - event.put_at > LATE_SECONDS for event in events)
            recording.tried.add(batch)
            if _record(recorder, outcomes, recording.recipients.get(batch)) or again:
                recording.touched.append((batch[0], again))
    recording.recorded_at.extend(event.put_at for event in events)


def _request_reports(recorder: Recorder, touched: Iterable[tuple[str, bool]]) -> None:
    ledger, asker = recorder.ledger, uuid4().hex
    tried_again = {run for run, again in touched if again}
    delays = {
        run: 0 if run in tried_again else request_report(ledger, run, asker, recorder.clock())
        for run in dict.fromkeys(run for run, _ in touched)
    }
    asked = {run: delay for run, delay in delays.items() if delay is not None}
    hints = [(hint_report(run), max(GATHER_SECONDS, delay)) for run, delay in asked.items()]
    send_all(recorder.sqs, recorder.settings.reports_queue_url, hints)
    for run in asked:
        if run not in tried_again:
            confirm_request(ledger, run, asker)


def _event_in(record: Record) -> SesEvent:
    """Read the event of a record; ContractError if it cannot be read."""
    event = object_in(record["body"])
    return SesEvent(said_at(event), outcome_of(event))


def _readable(records: Iterable[Record]) -> Iterator[tuple[str, SesEvent]]:
    """Yield the readable events by message id; unreadable ones fail later, with their records."""
    for record in records:
        with suppress(ContractError):
            yield record["messageId"], _event_in(record)


def _read_together(
    recorder: Recorder, events: Iterable[SesEvent]
) -> dict[LedgerBatch, list[Recipient]]:
    """Read all recipients of the events in one call.

    SES's events arrive mixed: at a high rate, hardly two are about one ledger batch.
    """
    outcomes = (event.outcome for event in events if event.outcome)
    try:
        return read_recipients(recorder.ledger, map(_name_of, outcomes))
    except (ClientError, BotoCoreError) as error:
        log.warning("not read together", extra={"error": str(error)[:500]})
        return {}


def _record(
    recorder: Recorder, outcomes: Sequence[MailOutcome], known: Sequence[Recipient] | None
) -> bool:
    """Move the recipients of one ledger batch, and return whether anything changed.

    `known` are these recipients, if they have been read.
    """
    run, number = outcomes[0].run, outcomes[0].batch
    keys = {outcome.key for outcome in outcomes}
    if known is None:
        known = read_recipients(recorder.ledger, map(_name_of, outcomes))[run, number]
    found = [recipient for recipient in known if recipient.key in keys]
    for key in keys - {recipient.key for recipient in found}:
        log.warning("the outcome is about an unknown recipient", extra={"recipient": key})
    batch = Batch(run, number, "", 0, version=None, recipients=tuple(found))
    changed = False
    while outcomes:
        moved = move(recorder.ledger, batch, _moves(batch, outcomes), recorder.clock())
        batch, changed = moved.batch, changed or bool(moved.recipients)
        outcomes = _repeated(outcomes)
    return changed


def _by_ledger_batch(records: Iterable[Record], events: dict[str, SesEvent]) -> list[Group]:
    """Group records by their ledger batch; others stay alone."""
    groups: dict[object, Group] = {}
    for record in records:
        event = events.get(record["messageId"])
        place = (event.batch if event else None) or record["messageId"]
        groups.setdefault(place, []).append(record)
    return list(groups.values())


def _name_of(outcome: MailOutcome) -> tuple[str, int, str]:
    return outcome.run, outcome.batch, outcome.key


def _moves(batch: Batch, outcomes: Sequence[MailOutcome]) -> list[Move]:
    """Return a move for each recipient's first outcome; a transaction writes an item only once."""
    first = {outcome.key: outcome for outcome in reversed(outcomes)}
    return [
        Move(recipient, outcome.event, outcome.message_id, outcome.code)
        for recipient in batch.recipients
        if (outcome := first.get(recipient.key))
    ]


def _repeated(outcomes: Sequence[MailOutcome]) -> list[MailOutcome]:
    """Return each recipient's outcomes after the first."""
    keys = [outcome.key for outcome in outcomes]
    return [outcome for at, outcome in enumerate(outcomes) if outcome.key in keys[:at]]
