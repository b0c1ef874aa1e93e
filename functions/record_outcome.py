"""Lambda: write down what SES itself says became of the mails of this account."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import uuid4

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import changecast.startup  # noqa: F401
from changecast.batches import Answer, Group, Record, came_before, each_group
from changecast.channel import note_heard
from changecast.clock import Context, deadline
from changecast.errors import ContractError, Retry
from changecast.expecting import ask_once
from changecast.ledger import connect, read_recipients
from changecast.ledger_items import Batch, Recipient
from changecast.messages import object_in
from changecast.moves import Move, move
from changecast.outcomes import Outcome, outcome_of, said_at
from changecast.queues import hint_report, send_all
from changecast.settings import Outcomes
from changecast.tracing import step

log = logging.getLogger("changecast")
settings = Outcomes.from_env()
sqs = boto3.client("sqs")
ledger = connect(settings)
# Outcomes come in swarms, one or two for every mail: let a few gather before the hub hears.
GATHER_SECONDS = 3
# Those that were recorded must still be reported.
LAST_SECONDS = 8.0


class News(NamedTuple):
    """One event of SES: when it was said (epoch seconds), and of whom of ours, if of anybody."""

    said_at: float
    outcome: Outcome | None


def handler(event: dict[str, Any], context: Context) -> Answer:
    """Record every outcome of the batch, then ask for a report of every run that they touched.

    What there is no time for goes back to the queue.
    """
    until = deadline(context, time.time()) - LAST_SECONDS
    touched: dict[str, bool] = {}
    heard: list[float] = []
    tried: set[tuple[str, int]] = set()
    news = dict(_readable(event["Records"]))
    known = _read_together(one.outcome for one in news.values() if one.outcome)

    def record_together(group: Group) -> None:
        if time.time() > until:
            raise Retry("no time is left for this outcome")
        said = [news.get(record["messageId"]) or _news(record) for record in group]
        if outcomes := [one.outcome for one in said if one.outcome]:
            run, batch = outcomes[0].run, outcomes[0].batch
            with step("record", settings.customer_code, run=run):
                again = (run, batch) in tried or any(map(came_before, group))
                tried.add((run, batch))
                if write_down(outcomes, known.get((run, batch))) or again:
                    touched[run] = touched.get(run, False) or again
        heard.extend(one.said_at for one in said)

    answer = each_group(_by_ledger_batch(event["Records"], news), record_together)
    if newest := max(heard, default=0.0):
        # An event of a clock that is ahead must not speak for what SES says later.
        note_heard(ledger, min(newest, time.time()))
    waits = {
        run: 0 if again else ask_once(ledger, run, uuid4().hex, time.time())
        for run, again in touched.items()
    }
    hints = [
        (hint_report(run), max(GATHER_SECONDS, wait))
        for run, wait in waits.items()
        if wait is not None
    ]
    send_all(sqs, settings.reports_queue_url, hints)
    return answer


def _news(record: Record) -> News:
    """What a record says; ContractError where it cannot be read."""
    event = object_in(record["body"])
    return News(said_at(event), outcome_of(event))


def _readable(records: Iterable[Record]) -> Iterator[tuple[str, News]]:
    """The news by message; what cannot be read is left to whoever handles that record."""
    for record in records:
        with suppress(ContractError):
            yield record["messageId"], _news(record)


def _read_together(outcomes: Iterable[Outcome]) -> dict[tuple[str, int], list[Recipient]]:
    """Everybody whom outcomes are about, in one call; without it each batch is read by itself.

    SES's events come mixed: at a high rate hardly two of them are about one ledger batch.
    """
    try:
        return read_recipients(ledger, map(_who, outcomes))
    except (ClientError, BotoCoreError) as error:
        log.warning("not read together", extra={"error": str(error)[:500]})
        return {}


def write_down(outcomes: Sequence[Outcome], known: Sequence[Recipient] | None = None) -> bool:
    """Move the recipients of one ledger batch that outcomes are about; whether anything changed.

    `known` are these recipients, where they have been read.
    """
    run, number = outcomes[0].run, outcomes[0].batch
    keys = {outcome.key for outcome in outcomes}
    if known is None:
        known = read_recipients(ledger, map(_who, outcomes))[run, number]
    found = [recipient for recipient in known if recipient.key in keys]
    for key in keys - {recipient.key for recipient in found}:
        log.warning("outcome of an unknown recipient", extra={"recipient": key})
    batch = Batch(run, number, "", 0, version=None, recipients=tuple(found))
    changed = False
    while outcomes:
        moved = move(ledger, batch, _moves(batch, outcomes), time.time())
        batch, changed = moved.batch, changed or bool(moved.recipients)
        outcomes = _repeated(outcomes)
    return changed


def _by_ledger_batch(records: Iterable[Record], news: Mapping[str, News]) -> list[Group]:
    """Records by the ledger batch that they are about; one that is about none is alone."""
    groups: dict[object, Group] = {}
    for record in records:
        one = news.get(record["messageId"])
        about = one.outcome if one else None
        place = (about.run, about.batch) if about else record["messageId"]
        groups.setdefault(place, []).append(record)
    return list(groups.values())


def _who(outcome: Outcome) -> tuple[str, int, str]:
    return outcome.run, outcome.batch, outcome.key


def _moves(batch: Batch, outcomes: Sequence[Outcome]) -> list[Move]:
    """The first outcome of every recipient: a transaction writes an item once."""
    first = {outcome.key: outcome for outcome in reversed(outcomes)}
    return [
        Move(recipient, heard.happening, heard.message_id, heard.code)
        for recipient in batch.recipients
        if (heard := first.get(recipient.key))
    ]


def _repeated(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """What was heard of recipients after their first outcome."""
    keys = [outcome.key for outcome in outcomes]
    return [outcome for at, outcome in enumerate(outcomes) if outcome.key in keys[:at]]
