"""The ledger's items: their keys and attributes, and how they look in DynamoDB's own notation.

    pk                        sk                   one of
    change#<change id>        revision#<0000003>   RunRef: which run a revision has here
    run#<run>                 run                  Run
    run#<run>#<00001>         batch                Batch: counts of its recipients, when it is due
    run#<run>#<00001>         r#<recipient key>    Recipient
    event#<event id>          event                which run an event was planned as
    account                   report_seq, pace,    counters of the whole account, and when SES was
                              outcomes             heard last
    account                   mails#<day>          how many mails went out unasked on a UTC day
    account                   announcements#<hour> how many announcements did in a UTC hour
    account                   list#<topic>         how many contacts the last run's list had

A batch and its recipients share one partition: one Query reads what a delivery message is about,
and keys spread over as many partitions as there are batches. The sparse index `due` lists the
batches that somebody must look at, by time, and the runs that wait for a person.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple

from changecast.states import OPEN, State

Item = dict[str, Any]
DUE_INDEX = "due"
# A transaction takes 100 items, and the run and the batch are two of them.
MOST_IN_A_BATCH = 98
# After its time a batch has so many seconds to be sent before the sweep queues it again.
GRACE = 180.0


@dataclass(frozen=True)
class Run:
    """One revision in this account. Times are epoch seconds.

    `counted` of its mails are in the account's tallies, or a person has `let_go` a run that was
    beyond a limit; `contacts` is how long the list was that a run was stopped for.
    """

    run: str
    change_id: str
    revision: int
    event_id: str
    fingerprint: str
    kind: str
    topic: str
    material: bool
    started_at: float
    trace_id: str
    batches: int = 0
    planned: int = 0
    complete: bool = False
    paused: bool = False
    superseded: bool = False
    reason_class: str = ""
    reason_code: str = ""
    reason_message: str = ""
    reason_request_id: str = ""
    reason_at: float = 0.0
    ended_at: float = 0.0
    tolerant: bool = False
    counted: int = 0
    contacts: int = 0
    let_go: bool = False


@dataclass(frozen=True)
class Recipient:
    """One person of one run. `lease_until` and `since` are epoch seconds."""

    key: str
    address: str
    variant: str
    state: State = State.PLANNED
    attempt: int = 0
    owner: str = ""
    lease_until: float = 0.0
    since: float = 0.0
    message_id: str = ""
    code: str = ""


@dataclass(frozen=True)
class Batch:
    """Some recipients of one run. `due_at` is when somebody must look at it, None when done.

    `version` counts the writes that decide when it is due. None: a partial view, of some recipients
    only, which must not decide that.
    """

    run: str
    number: int
    change_id: str
    revision: int
    not_before: float = 0.0
    rate: float = 0.0
    due_at: float | None = None
    version: int | None = 0
    recipients: tuple[Recipient, ...] = field(default=())

    @property
    def waiting(self) -> int:
        """How many of its recipients wait to be sent to."""
        return sum(recipient.state is State.PLANNED for recipient in self.recipients)

    def now_with(self, moved: Iterable[Recipient]) -> "Batch":
        """The batch after some of its recipients moved."""
        by_key = {recipient.key: recipient for recipient in moved}
        return replace(self, recipients=tuple(by_key.get(r.key, r) for r in self.recipients))


class Head(NamedTuple):
    """A batch without its recipients: how many stand in each state.

    `accepted_at` (epoch seconds) is when a sender last had SES's word that it took one of them; 0
    where none had.
    """

    counted: Counter[State]
    accepted_at: float


def because(run: Run, *, class_: str, code: str, message: str, now: float) -> Run:
    """The run with a reason for how it stands."""
    return replace(
        run, reason_class=class_, reason_code=code, reason_message=message, reason_at=now
    )


def run_id(change_id: str, revision: int) -> str:
    """The first 16 hex digits of SHA-256(change|revision)."""
    return hashlib.sha256(f"{change_id}|{revision}".encode()).hexdigest()[:16]


def recipient_key(customer: str, change_id: str, revision: int, address: str) -> str:
    """The first 32 hex digits of SHA-256(customer|change|revision|address)."""
    whole = f"{customer}|{change_id}|{revision}|{address}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def run_key(run: str) -> Item:
    """The key of a Run."""
    return encode({"pk": f"run#{run}", "sk": "run"})


def event_key(event_id: str) -> Item:
    """The key of what remembers an event id."""
    return encode({"pk": f"event#{event_id}", "sk": "event"})


def pointer_key(change_id: str, revision: int) -> Item:
    """The key of a RunRef; they sort by revision."""
    return encode({"pk": f"change#{change_id}", "sk": f"revision#{revision:07d}"})


def batch_pk(run: str, number: int) -> str:
    """The partition of a batch and its recipients."""
    return f"run#{run}#{number:05d}"


def batch_key(run: str, number: int) -> Item:
    """The key of a Batch."""
    return encode({"pk": batch_pk(run, number), "sk": "batch"})


def recipient_item_key(run: str, number: int, key: str) -> Item:
    """The key of a Recipient."""
    return encode({"pk": batch_pk(run, number), "sk": f"r#{key}"})


def encode(values: dict[str, Any]) -> Item:
    """Plain values in DynamoDB's notation; None is left out."""
    return {name: value_of(value) for name, value in values.items() if value is not None}


def value_of(value: str | float | bool) -> Item:
    """One value in DynamoDB's notation."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, float):
        return {"N": format(Decimal(str(value)), "f")}
    return {"S": str(value)}


def decode(item: Item) -> dict[str, Any]:
    """Plain values out of DynamoDB's notation; numbers are int where they are whole."""
    return {name: _plain(value) for name, value in item.items()}


def _plain(value: Item) -> Any:
    ((kind, inner),) = value.items()
    if kind == "N":
        number = float(inner)
        return int(number) if number.is_integer() else number
    return inner


def run_of(item: Item) -> Run:
    """A Run out of its item."""
    values = decode(item)
    return Run(**{name: values[name] for name in Run.__dataclass_fields__ if name in values})


def recipient_of(item: Item) -> Recipient:
    """A Recipient out of its item."""
    values = decode(item)
    values |= {"key": values["sk"].removeprefix("r#"), "state": State(values["state"])}
    known = {name: values[name] for name in Recipient.__dataclass_fields__ if name in values}
    return Recipient(**known)


def told_of(recipient: Recipient) -> dict[str, Any]:
    """What an item says of a recipient beside its key: not what recipient_of takes for granted.

    Conditions look at state and attempt, so these always stand there.
    """
    always = ("address", "variant", "state", "attempt")
    once = ("owner", "lease_until", "since", "message_id", "code")
    values = {name: getattr(recipient, name) for name in (*always, *once)}
    return {name: value for name, value in values.items() if value or name in always}


def batch_of(item: Item, recipients: tuple[Recipient, ...] = ()) -> Batch:
    """A Batch out of its item and those of its recipients."""
    values = decode(item)
    known = {name: values[name] for name in Batch.__dataclass_fields__ if name in values}
    return Batch(**known | {"recipients": recipients})


def head_of(item: Item) -> Head:
    """What a batch's item says of its recipients."""
    values = decode(item)
    counted = Counter({state: int(values.get(f"n_{state}", 0)) for state in State})
    return Head(counted, float(values.get("accepted_at", 0.0)))


def due_at(recipients: tuple[Recipient, ...], *, not_before: float, window: float) -> float | None:
    """When the sweep must look at a batch again: the earliest of what its recipients wait for."""
    waits = [
        {
            State.PLANNED: not_before + GRACE,
            State.SENDING: recipient.lease_until,
            State.UNKNOWN: recipient.since + window,
        }[recipient.state]
        for recipient in recipients
        if recipient.state in OPEN
    ]
    return min(waits, default=None)
