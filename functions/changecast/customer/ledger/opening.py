"""Opening a run: first the run itself, then its recipients by batches. Repeating adds nothing."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError

from changecast.contract.errors import ContractError, Retry
from changecast.customer.ledger.contention import (
    ATTEMPTS,
    back_off,
    lost_items,
    raise_unless_transient,
)
from changecast.customer.ledger.encoding import Item, encode
from changecast.customer.ledger.schema import (
    DUE_BATCHES,
    ENDPOINT_BATCHES,
    GRACE,
    MOST_IN_A_BATCH,
    Batch,
    Recipient,
    Run,
    batch_key,
    event_key,
    pointer_of,
    recipient_attributes,
    recipient_item_key,
    run_key,
)
from changecast.customer.ledger.table import Ledger, batches_of, endpoint_batches, read_run

# Seconds that a plan may take before the sweep sends what has been written so far.
PLANNING = 2 * GRACE


def begin(ledger: Ledger, run: Run) -> Run:
    """Write a revision's run, unless the account has one.

    Returns:
        The run as the ledger has it; the caller checks whether it has the same content.

    Raises:
        ContractError: `event_id_reused`: the event was planned as another run.
        Retry: Too many other writers of the run.
    """
    for attempt in range(ATTEMPTS):
        if known := read_run(ledger, run.run):
            return known
        try:
            ledger.client.transact_write_items(TransactItems=_first_items(ledger, run))  # type: ignore[arg-type]
        except (ClientError, HTTPClientError) as error:
            raise_unless_transient(error)
            _refuse_a_used_event(error, read_run(ledger, run.run))
            back_off(ledger, attempt)
    raise Retry(f"run {run.run} could not be opened, because it kept changing")


def _first_items(ledger: Ledger, run: Run) -> list[Item]:
    expiry = _expiry(run)
    used = event_key(run.event_id) | encode({"run": run.run} | expiry)
    pointer = pointer_of(run) | encode({"run": run.run} | expiry)
    item = run_key(run.run) | encode(asdict(run))
    table = {"TableName": ledger.table}
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    return [
        {"Put": table | absent | {"Item": used}},
        {"Put": table | {"Item": pointer}},
        {"Put": table | absent | {"Item": item}},
    ]


def _refuse_a_used_event(error: ClientError | HTTPClientError, known: Run | None) -> None:
    if known is None and isinstance(error, ClientError) and 0 in lost_items(error):
        raise ContractError(
            "event_id_reused", "the same event_id arrived with another change or revision"
        ) from error


class _Place(NamedTuple):
    """Where in a run recipients are added: its batches, their numbers, and their counter."""

    batches: Callable[[Ledger, Run], Iterator[Batch]]
    before: int
    counted: str


_MAILS = _Place(batches_of, 0, "ADD batches :one, planned :planned")
_ENDPOINTS = _Place(endpoint_batches, ENDPOINT_BATCHES, "ADD endpoints :one")


def add_recipients(ledger: Ledger, run: Run, recipients: Sequence[Recipient], size: int) -> None:
    """Write a run's recipients in batches of `size`; after a crash, add the missing ones.

    Two planners at once are safe: the writer of batch n has read or written all earlier ones, and a
    complete run accepts no more batches.

    Raises:
        Retry: Too many others write the run.
    """
    _add(ledger, run, recipients, min(size, MOST_IN_A_BATCH), _MAILS)


def add_endpoints(ledger: Ledger, run: Run, endpoints: Sequence[Recipient]) -> None:
    """Write a run's chats and webhooks, each in its own batch, so that none waits for another.

    Raises:
        Retry: Too many others write the run.
    """
    _add(ledger, run, endpoints, 1, _ENDPOINTS)


def _add(
    ledger: Ledger, run: Run, recipients: Sequence[Recipient], size: int, place: _Place
) -> None:
    for attempt in range(ATTEMPTS):
        written = list(place.batches(ledger, run))
        known = {recipient.key for batch in written for recipient in batch.recipients}
        missing = [recipient for recipient in recipients if recipient.key not in known]
        groups = _groups(missing, size)
        first = place.before + len(written) + 1
        try:
            for number, group in enumerate(groups, start=first):
                _write_batch(ledger, run, number, group, place.counted)
        except (ClientError, HTTPClientError) as error:
            raise_unless_transient(error)
            if (current := read_run(ledger, run.run)) and current.complete:
                return
            back_off(ledger, attempt)
        else:
            return
    raise Retry(f"run {run.run} could not be planned, because it kept changing")


def _groups(recipients: Sequence[Recipient], size: int) -> list[Sequence[Recipient]]:
    return [recipients[start : start + size] for start in range(0, len(recipients), size)]


def _write_batch(
    ledger: Ledger, run: Run, number: int, recipients: Sequence[Recipient], counted: str
) -> None:
    """Write a batch, its recipients and the run's totals in one transaction."""
    head = {
        "run": run.run,
        "number": number,
        "change_id": run.change_id,
        "revision": run.revision,
        "version": 0,
        "due": DUE_BATCHES,
        "due_at": run.started_at + PLANNING,
    }
    head |= {f"n_{state}": n for state, n in Counter(r.state for r in recipients).items()}
    expiry = _expiry(run)
    items = [batch_key(run.run, number) | encode(head | expiry)]
    for recipient in recipients:
        key = recipient_item_key(run.run, number, recipient.key)
        items.append(key | encode(recipient_attributes(recipient) | expiry))
    absent = {"TableName": ledger.table, "ConditionExpression": "attribute_not_exists(pk)"}
    writes: list[Any] = [{"Put": absent | {"Item": item}} for item in items]
    totals = {":one": 1, ":no": False}
    if ":planned" in counted:
        totals[":planned"] = len(recipients)
    grown: Any = {
        "TableName": ledger.table,
        "Key": run_key(run.run),
        "UpdateExpression": counted,
        "ConditionExpression": "complete = :no",
        "ExpressionAttributeValues": encode(totals),
    }
    ledger.client.transact_write_items(TransactItems=[*writes, {"Update": grown}])


def _expiry(run: Run) -> dict[str, int]:
    return {"expires_at": run.expires_at}
