"""The ledger's table: every item with its key, every attribute with its type.

    pk                        sk                   one of
    change#<change id>        revision#<0000003>   RunRef: which run a revision has here
    change#<change id>        reminder#<reminder>  RunRef: the run of a reminder that was planned
    change#<change id>        due#<reminder>       DueReminder: one to be planned at its time
    run#<run>                 run                  Run
    run#<run>#<00001>         batch                Batch: counts of its recipients, when it is due
    run#<run>#<00001>         r#<recipient key>    Recipient
    event#<event id>          event                EventRef: which run an event was planned as
    run#<run>#<90001>         batch, r#<key>       the same of one endpoint: a batch for each
    channels                  <name>               Endpoint: a chat or a webhook of the customer
    changes                   <change id>          ChangeView: what people may see of a change now
    answers#<change id>       p#<person>           Answer: the one that counts
    answers#<change id>       h#<person>#<000001>  Answer: each one, as it was given
    person#<person>           revoked              since when a person's links are ended
    person#<person>           code#<change id>     Code: a confirmation code that was asked for
    preferences               <mailbox>            Preference: the language and zone of a person
    account                   report_seq           the number of the last report
    account                   response_seq         the number of the last answer
    account                   pace                 until when send slots are reserved
    account                   events               when SES's newest event was put
    account                   mails#<day>          mails of a UTC day that count (MaxMailsPerDay)
    account                   announcements#<hour> announcements in a UTC hour
    account                   list#<topic>         contacts on the topic's list at the last run
    account                   freezes              when this customer wants no changes
    account                   digest               the week whose digest was asked for last

Attributes, S string, N number, BOOL; times are epoch seconds. `pk` and `sk` (S) are the key, and
`expires_at` (N) is when DynamoDB may delete the item, one time for a whole change (`retention.py`).

    RunRef, EventRef   run S
    Run                the fields of `Run`: str S, int and float N, bool BOOL; besides them
                       report_asked_by S, report_asked_at N: who asked for a report, and when;
                       report_queued BOOL: its hint is queued
                       attention_seq N, held N: what the report of that number said of the run
                       due S ("attention"), due_at N: in the index while it needs a person
    DueReminder        change_id S, version N
                       due S ("reminders"), due_at N: in the index until it is planned, or settled
    Batch              run S, number N, change_id S, revision N, version N, not_before N, rate N
                       n_<STATE> N: how many of its recipients are in each state
                       accepted_at N: when SES last accepted one of its mails
                       due S ("yes"), due_at N: in the index while a recipient is open
    Recipient          address S, variant S, state S, attempt N; once they are known owner S,
                       lease_until N, since N, message_id S, code S
    Endpoint           its fields, strings and numbers; it does not expire
    ChangeView, Answer, Code   their fields, `windows` as JSON; an Answer as it was given
                       besides due S ("answers"), due_at N: in the index until it is reported
    Preference         its fields
    revoked            revoked_at N
    report_seq         report_seq N
    response_seq       response_seq N
    pace               taken_until N
    events             last_event_at N
    mails, announcements   tallied N
    list               contacts N
    freezes            freezes S (JSON), version N
    digest             week S (its Monday), asked_at N, settled BOOL

A batch and its recipients share one partition: one Query reads what a delivery hint names, and
keys spread over as many partitions as there are batches. The sparse index `due` has a partition of
batches to look at and one of runs that need a person, both by time (`due_index.py`).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

from changecast.contract.pause_code import PauseCode, pause_code
from changecast.customer.ledger.encoding import Item, decode, encode
from changecast.customer.ledger.states import OPEN, State

DUE_INDEX, DUE_BATCHES, DUE_ATTENTION, DUE_ANSWERS = "due", "yes", "attention", "answers"
DUE_REMINDERS = "reminders"
PREFERENCES = "preferences"
ENDPOINTS_PK = "channels"
# A transaction takes 100 items; the run and the batch are two of them.
MOST_IN_A_BATCH = 98
# The numbers of endpoints' batches start here, apart from those of mails. Each has its own batch.
ENDPOINT_BATCHES = 90_000
# The kind of a digest's run, and for how many seconds its mails are worth sending.
DIGEST = "digest"
DIGEST_LASTS = 12 * 3_600.0
# Seconds that a batch may be late before the sweep queues it again.
GRACE = 180.0


class ChannelName(StrEnum):
    """The ways to reach a recipient of a run."""

    EMAIL = ""  # the default, so that a person's item needs no attribute for it
    CHAT = "chat"
    WEBHOOK = "webhook"

    def window(self, window: float) -> float:
        """Return how long (seconds) an unanswered call waits for evidence.

        A webhook waits for none: its receiver recognises a repeat by its `webhook-id`.
        """
        return 0.0 if self is ChannelName.WEBHOOK else window


@dataclass(frozen=True)
class Run:
    """One revision in this account. Times are epoch seconds.

    `counted` is how many of its mails are in the account's tallies. `waits` says that the rest of
    SES's daily quota is too small for its next mails. `tolerant` and `limits_waived` say that an
    operator resumed it after a rate or an account limit had paused it. `contacts` is the size of
    the list that was beyond a limit. `endpoints` is the number of chats and webhooks, which no
    other number here includes. `starts_at` is when an approved change starts, of which people may
    be reminded; 0 if there is nothing to remind of. `reminds` is how many seconds before its start
    a reminder reminds of it; 0 in the run of an announcement.
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
    endpoints: int = 0
    complete: bool = False
    paused: bool = False
    superseded: bool = False
    discarded: bool = False
    reason_class: str = ""
    reason_code: str = ""
    reason_message: str = ""
    reason_request_id: str = ""
    reason_at: float = 0.0
    ended_at: float = 0.0
    tolerant: bool = False
    counted: int = 0
    contacts: int = 0
    limits_waived: bool = False
    waits: bool = False
    expires_at: int = 0
    starts_at: float = 0.0
    reminds: float = 0.0

    @property
    def is_reminder(self) -> bool:
        """Whether it reminds people of a change, and announces no revision."""
        return self.reminds > 0

    @property
    def announces(self) -> bool:
        """Whether it announces a revision: it is neither a reminder nor a digest."""
        return not self.is_reminder and self.kind != DIGEST

    def is_too_late(self, now: float) -> bool:
        """Whether it is too late to mail it: it is an old digest, or a reminder after the start."""
        if self.kind == DIGEST:
            return self.started_at + DIGEST_LASTS <= now
        return self.is_reminder and self.starts_at <= now

    @property
    def pause_code(self) -> PauseCode | None:
        """Why the run is paused, or was last paused; None if it never was."""
        return pause_code(self.reason_code)

    @property
    def resumes_by_itself(self) -> bool:
        """Whether the run is paused, and will resume automatically."""
        return self.paused and self.pause_code is not None and self.pause_code.automatic


@dataclass(frozen=True)
class Recipient:
    """One person or endpoint of one run. `lease_until` and `since` are epoch seconds.

    `address` is the mail address of a person, and the name of an endpoint.
    """

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
    channel: ChannelName = ChannelName.EMAIL


@dataclass(frozen=True)
class Batch:
    """Some recipients of one run. `due_at` is when the sweep must look at it; None when done.

    `version` counts the writes that decide when it is due. None marks a view of only some of its
    recipients, which must not decide that.
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
    def is_of_endpoint(self) -> bool:
        """Whether its one recipient is a chat or a webhook."""
        return self.number > ENDPOINT_BATCHES

    @property
    def planned(self) -> int:
        """Number of recipients that are planned and not sent yet."""
        return sum(recipient.state is State.PLANNED for recipient in self.recipients)

    def with_moved(self, moved: Iterable[Recipient]) -> "Batch":
        """Return the batch after some of its recipients changed state."""
        by_key = {recipient.key: recipient for recipient in moved}
        return replace(self, recipients=tuple(by_key.get(r.key, r) for r in self.recipients))


class BatchCounts(NamedTuple):
    """A batch without its recipients: the number in each state.

    `accepted_at` (epoch seconds) is when SES last accepted one of their mails; 0 if it never did.
    """

    counted: Counter[State]
    accepted_at: float


def with_reason(run: Run, *, class_: str, code: str, message: str, now: float) -> Run:
    """Return the run with the reason for its state."""
    return replace(
        run, reason_class=class_, reason_code=code, reason_message=message, reason_at=now
    )


def run_id(change_id: str, revision: int) -> str:
    """Return the first 16 hex digits of SHA-256(change|revision)."""
    return hashlib.sha256(f"{change_id}|{revision}".encode()).hexdigest()[:16]


def reminder_name(starts_at: float, before: float) -> str:
    """Return what tells the reminders of a change apart: the start, and how long before it."""
    return f"{int(starts_at):012d}#{int(before):08d}"


def reminder_run_id(change_id: str, starts_at: float, before: float) -> str:
    """Return the first 16 hex digits of SHA-256(reminder|change|start|before)."""
    whole = f"reminder|{change_id}|{reminder_name(starts_at, before)}"
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def reminder_key(customer: str, run: str, address: str) -> str:
    """Return the key of a recipient of a reminder, which no announcement's recipient has."""
    return recipient_key(customer, f"reminder|{run}", 0, address)


def recipient_key(customer: str, change_id: str, revision: int, address: str) -> str:
    """Return the first 32 hex digits of SHA-256(customer|change|revision|address)."""
    whole = f"{customer}|{change_id}|{revision}|{address}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def mailbox_of(address: str) -> str:
    """Return the key that connects an answer with a recipient (normalised address)."""
    return recipient_key("", "", 0, address)


def account_key(name: str) -> Item:
    """Return the key of an item that all runs of the account share."""
    return encode({"pk": "account", "sk": name})


def run_key(run: str) -> Item:
    """Return the key of a Run."""
    return encode({"pk": f"run#{run}", "sk": "run"})


def event_key(event_id: str) -> Item:
    """Return the key of an EventRef."""
    return encode({"pk": f"event#{event_id}", "sk": "event"})


def pointer_key(change_id: str, revision: int) -> Item:
    """Return the key of a RunRef; they sort by revision."""
    return encode({"pk": f"change#{change_id}", "sk": f"revision#{revision:07d}"})


def endpoint_key(name: str) -> Item:
    """Return the key of an Endpoint."""
    return encode({"pk": ENDPOINTS_PK, "sk": name})


def reminder_pointer_key(run: Run) -> Item:
    """Return the key of the RunRef of a reminder."""
    name = reminder_name(run.starts_at, run.reminds)
    return encode({"pk": f"change#{run.change_id}", "sk": f"reminder#{name}"})


def pointer_of(run: Run) -> Item:
    """Return the key of a run's RunRef."""
    if run.is_reminder:
        return reminder_pointer_key(run)
    return pointer_key(run.change_id, run.revision)


def due_reminder_key(change_id: str, starts_at: float, before: float) -> Item:
    """Return the key of a DueReminder."""
    name = reminder_name(starts_at, before)
    return encode({"pk": f"change#{change_id}", "sk": f"due#{name}"})


def view_key(change_id: str) -> Item:
    """Return the key of a ChangeView."""
    return encode({"pk": "changes", "sk": change_id})


def answers_pk(change_id: str) -> str:
    """Return the partition of the answers to a change."""
    return f"answers#{change_id}"


def answer_key(change_id: str, person: str) -> Item:
    """Return the key of a person's current Answer."""
    return encode({"pk": answers_pk(change_id), "sk": f"p#{person}"})


def given_answer_key(change_id: str, person: str, version: int) -> Item:
    """Return the key of an Answer as it was given."""
    return encode({"pk": answers_pk(change_id), "sk": f"h#{person}#{version:06d}"})


def revoked_key(person: str) -> Item:
    """Return the key of the note that a person's links are revoked."""
    return encode({"pk": f"person#{person}", "sk": "revoked"})


def code_key(person: str, change_id: str) -> Item:
    """Return the key of a Code."""
    return encode({"pk": f"person#{person}", "sk": f"code#{change_id}"})


def preference_key(mailbox: str) -> Item:
    """Return the key of a Preference."""
    return encode({"pk": PREFERENCES, "sk": mailbox})


def batch_pk(run: str, number: int) -> str:
    """Return the partition of a batch and its recipients."""
    return f"run#{run}#{number:05d}"


def run_in_pk(key: Item) -> str:
    """Return the run id in the key of a Run, a Batch or a Recipient."""
    return str(key["pk"]["S"].split("#")[1])


def batch_key(run: str, number: int) -> Item:
    """Return the key of a Batch."""
    return encode({"pk": batch_pk(run, number), "sk": "batch"})


def recipient_item_key(run: str, number: int, key: str) -> Item:
    """Return the key of a Recipient."""
    return encode({"pk": batch_pk(run, number), "sk": f"r#{key}"})


def run_of(item: Item) -> Run:
    """Read a Run from its item."""
    values = decode(item)
    return Run(**{name: values[name] for name in Run.__dataclass_fields__ if name in values})


def batch_fields() -> list[str]:
    """Return the attributes of a Batch's item that `batch_of` reads."""
    return [name for name in Batch.__dataclass_fields__ if name != "recipients"]


def recipient_fields() -> list[str]:
    """Return the attributes of a Recipient's item that `recipient_of` reads, besides its key."""
    return [name for name in Recipient.__dataclass_fields__ if name != "key"]


def recipient_of(item: Item) -> Recipient:
    """Read a Recipient from its item."""
    values = decode(item)
    values |= {"key": values["sk"].removeprefix("r#"), "state": State(values["state"])}
    if "channel" in values:
        values["channel"] = ChannelName(values["channel"])
    known = {name: values[name] for name in Recipient.__dataclass_fields__ if name in values}
    return Recipient(**known)


def recipient_attributes(recipient: Recipient) -> dict[str, Any]:
    """Return the attributes of a recipient's item, without the defaults of `recipient_of`.

    Conditions compare state and attempt, so these are always written.
    """
    always = ("address", "variant", "state", "attempt")
    once = ("owner", "lease_until", "since", "message_id", "code", "channel")
    values = {name: getattr(recipient, name) for name in (*always, *once)}
    return {name: value for name, value in values.items() if value or name in always}


def batch_of(item: Item, recipients: tuple[Recipient, ...] = ()) -> Batch:
    """Read a Batch from its item, with the given recipients."""
    values = decode(item)
    known = {name: values[name] for name in Batch.__dataclass_fields__ if name in values}
    return Batch(**known | {"recipients": recipients})


def batch_counts_of(item: Item) -> BatchCounts:
    """Read BatchCounts from a batch's item."""
    values = decode(item)
    counted = Counter({state: int(values.get(f"n_{state}", 0)) for state in State})
    return BatchCounts(counted, float(values.get("accepted_at", 0.0)))


def due_at(recipients: tuple[Recipient, ...], *, not_before: float, window: float) -> float | None:
    """Return when the sweep must look at a batch again; None if no recipient is open."""
    waits = [
        {
            State.PLANNED: not_before + GRACE,
            State.SENDING: recipient.lease_until,
            State.UNKNOWN: recipient.since + recipient.channel.window(window),
        }[recipient.state]
        for recipient in recipients
        if recipient.state in OPEN
    ]
    return min(waits, default=None)
