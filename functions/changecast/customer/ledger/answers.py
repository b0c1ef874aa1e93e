"""What the account's people may currently see of a change, and how they answered it.

An answer is written on condition that the previous answer and the change are as its author saw
them. So if two answers arrive at once, one is refused, and nobody answers an unseen revision.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError

from changecast.contract.errors import Retry
from changecast.contract.response import Response
from changecast.customer.ledger.account_counters import next_response_seq
from changecast.customer.ledger.contention import (
    ATTEMPTS,
    back_off,
    lost_items,
    raise_unless_transient,
)
from changecast.customer.ledger.due_index import due_items
from changecast.customer.ledger.encoding import Item, decode, encode
from changecast.customer.ledger.schema import (
    DUE_ANSWERS,
    answer_key,
    answers_pk,
    given_answer_key,
    revoked_key,
    view_key,
)
from changecast.customer.ledger.table import Ledger, query
from changecast.lambdas.conditions import condition_holds

# After this many seconds the sweep reports an answer again, because the report may be lost.
REPORT_GRACE = 120.0


@dataclass(frozen=True)
class ChangeView:
    """A change as the account's people may currently see it. Times are epoch seconds, 0 for none.

    `run` has its content. `asked_run` is the run that last told people something new, and
    `approvals_run` the one that last asked them to approve. `fingerprint` stays the same if a
    revision changes nothing that readers would notice.
    """

    change_id: str
    revision: int
    run: str
    status: str
    title: str
    fingerprint: str
    withdrawn: bool
    updated_at: float
    window_start: float = 0.0
    window_end: float = 0.0
    asked_run: str = ""
    approvals_run: str = ""
    expires_at: int = 0


@dataclass(frozen=True)
class Answer:
    """A person's answer. `windows` are (start, end) in epoch seconds.

    `fingerprint` identifies the content that was answered, whatever the revision's number. The hub
    knows the person as `responder`; `mailbox` matches answers with the recipients of a run.
    `address` is kept only if the customer reports it to the hub. `seq` orders the account's
    answers.
    """

    change_id: str
    person: str
    version: int
    response: Response
    revision: int
    fingerprint: str
    responder: str
    seq: int
    at: float
    comment: str = ""
    windows: tuple[tuple[float, float], ...] = ()
    mailbox: str = ""
    address: str = ""
    expires_at: int = 0


class GivenAnswer(NamedTuple):
    """Key of an answer; a person's first answer to a change is version 1."""

    change_id: str
    person: str
    version: int


class Moved(Exception):
    """An answer was not written: the change has a new revision, or its author answered since."""


def keep_view(ledger: Ledger, view: ChangeView, void: Sequence[int]) -> bool:
    """Store a change's view; return False if a newer revision, not void, is stored already."""
    values = {":revision": view.revision, **{f":void{at}": each for at, each in enumerate(void)}}
    only_if = "attribute_not_exists(pk) OR revision <= :revision"
    only_if += "".join(f" OR revision = :void{at}" for at in range(len(void)))
    return condition_holds(
        lambda: ledger.client.put_item(
            TableName=ledger.table,
            Item=view_key(view.change_id) | encode(asdict(view)),
            ConditionExpression=only_if,
            ExpressionAttributeValues=encode(values),
        )
    )


def read_view(ledger: Ledger, change_id: str) -> ChangeView | None:
    """Return a change's view; None if the account's people do not know of it."""
    found = _get(ledger, view_key(change_id))
    return _view(found) if found else None


def views(ledger: Ledger) -> list[ChangeView]:
    """Return the view of every change of the account, in no order."""
    found = query(
        ledger,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=encode({":pk": "changes"}),
    )
    return [_view(item) for item in found]


def read_answer(ledger: Ledger, change_id: str, person: str) -> Answer | None:
    """Return a person's current answer; None if there is none."""
    found = _get(ledger, answer_key(change_id, person))
    return _answer(found) if found else None


def answers_to(ledger: Ledger, change_id: str) -> list[Answer]:
    """Return the current answer of everybody who answered."""
    found = query(
        ledger,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues=encode({":pk": answers_pk(change_id), ":sk": "p#"}),
    )
    return [_answer(item) for item in found]


def write_answer(ledger: Ledger, answer: Answer, view: ChangeView) -> Answer:
    """Write an answer as the person's current one, and append it to those given.

    `answer.version` is one more than the version that its author saw.

    Returns:
        The answer with its number.

    Raises:
        Moved: The author has answered since, or the change is no longer as the author saw it.
        Retry: Other writers of the same items.
    """
    for attempt in range(ATTEMPTS):
        if read_answer(ledger, answer.change_id, answer.person) == answer:
            return answer  # the call that wrote it ended without an answer
        answer = replace(answer, seq=next_response_seq(ledger))
        try:
            ledger.client.transact_write_items(TransactItems=_writes(ledger, answer, view))  # type: ignore[arg-type]
        except (ClientError, HTTPClientError) as error:
            raise_unless_transient(error)
            if isinstance(error, ClientError) and lost_items(error):
                raise Moved from error
            back_off(ledger, attempt)
        else:
            return answer
    raise Retry("another answer is being written")


def _writes(ledger: Ledger, answer: Answer, view: ChangeView) -> list[Item]:
    item = _item(answer)
    due = encode({"due": DUE_ANSWERS, "due_at": answer.at + REPORT_GRACE})
    table = {"TableName": ledger.table}
    is_next: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if answer.version > 1:
        is_next = {
            "ConditionExpression": "version = :before",
            "ExpressionAttributeValues": encode({":before": answer.version - 1}),
        }
    unmoved = {
        "Key": view_key(answer.change_id),
        "ConditionExpression": "revision = :revision AND #status = :status",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": encode({":revision": view.revision, ":status": view.status}),
    }
    counts = answer_key(answer.change_id, answer.person) | item
    given = given_answer_key(answer.change_id, answer.person, answer.version) | item | due
    return [
        {"Put": table | is_next | {"Item": counts}},
        {"Put": table | {"Item": given}},
        {"ConditionCheck": table | unmoved},
    ]


def unreported(ledger: Ledger, now: float, most: int = 500) -> list[GivenAnswer]:
    """Return answers whose report is overdue, oldest first; the index may lag a moment behind."""
    return [_given(item) for item in due_items(ledger, DUE_ANSWERS, now, most)]


def read_given(ledger: Ledger, given: GivenAnswer) -> Answer | None:
    """Return an answer as it was given; None if there is none."""
    found = _get(ledger, given_answer_key(*given))
    return _answer(found) if found else None


def postpone_report(ledger: Ledger, given: GivenAnswer, until: float) -> None:
    """Set when to look at the report of an answer again."""
    _set_due(ledger, given, "SET due_at = :until", encode({":until": until}))


def note_reported(ledger: Ledger, answer: Answer) -> None:
    """Note that an answer was reported to the hub."""
    given = GivenAnswer(answer.change_id, answer.person, answer.version)
    _set_due(ledger, given, "REMOVE due, due_at", {})


def _set_due(ledger: Ledger, given: GivenAnswer, update: str, values: Item) -> None:
    """Change when an answer is due, unless it was reported; DynamoDB takes no empty values."""
    more: Any = {"ExpressionAttributeValues": values} if values else {}
    condition_holds(
        lambda: ledger.client.update_item(
            TableName=ledger.table,
            Key=given_answer_key(*given),
            UpdateExpression=update,
            ConditionExpression="attribute_exists(due)",
            **more,
        )
    )


def revoked_at(ledger: Ledger, person: str) -> float:
    """Return since when a person's links have been revoked (epoch seconds); 0 if they are not."""
    return float(decode(_get(ledger, revoked_key(person))).get("revoked_at", 0.0))


def revoke(ledger: Ledger, person: str, now: float) -> None:
    """Revoke every link that a person has been sent so far."""
    item = revoked_key(person) | encode({"revoked_at": now})
    ledger.client.put_item(TableName=ledger.table, Item=item)


def _get(ledger: Ledger, key: Item) -> Item:
    found = ledger.client.get_item(TableName=ledger.table, Key=key, ConsistentRead=True)
    return dict(found.get("Item", {}))


def _view(item: Item) -> ChangeView:
    return ChangeView(**_known(ChangeView, decode(item)))


def _given(item: Item) -> GivenAnswer:
    _, person, version = item["sk"]["S"].split("#")
    return GivenAnswer(item["pk"]["S"].partition("#")[2], person, int(version))


def _item(answer: Answer) -> Item:
    return encode(asdict(answer) | {"windows": json.dumps(answer.windows)})


def _answer(item: Item) -> Answer:
    values = _known(Answer, decode(item))
    windows = tuple((start, end) for start, end in json.loads(values["windows"]))
    return Answer(**values | {"windows": windows, "response": Response(values["response"])})


def _known(kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in kind.__dataclass_fields__ if name in values}
