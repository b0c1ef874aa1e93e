"""Hints: messages in the account's own queues say where to look; the ledger has the facts."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from changecast.contract.errors import ContractError
from changecast.contract.messages import named, object_in, part
from changecast.customer.ledger.answers import GivenAnswer
from changecast.customer.ledger.due_reminders import DueReminder
from changecast.customer.ledger.schema import Batch
from changecast.customer.mailing import Topic
from changecast.lambdas.queues import send_all

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Settings other than topics.
EVERYTHING, LANGUAGE, TIMEZONE = "everything", "language", "timezone"
MOST_BATCHES = 99_999  # five digits, as in the ledger's sort keys


def hint_delivery(run: str, number: int) -> str:
    """Return the hint to look at this batch of this run."""
    return json.dumps({"v": 1, "run": run, "batch": number}, separators=(",", ":"))


def delivery_in(body: str) -> tuple[str, int]:
    """Return the run and the batch number that a hint names; ContractError if it names none."""
    hint = object_in(body)
    number = hint.get("batch")
    if type(number) is not int or not 0 < number <= MOST_BATCHES:
        raise ContractError("schema", "the message does not identify a batch")
    return named(hint, "run"), number


def hint_report(run: str) -> str:
    """Return the hint to report the state of this run."""
    return json.dumps({"v": 1, "run": run}, separators=(",", ":"))


def hint_freezes() -> str:
    """Return the hint to report the freezes that the hub does not know yet."""
    return json.dumps({"v": 1, "freezes": True}, separators=(",", ":"))


def hint_answer(given: GivenAnswer) -> str:
    """Return the hint to report this answer."""
    return json.dumps({"v": 1, "answer": given._asdict()}, separators=(",", ":"))


def answer_in(hint: dict[str, Any]) -> GivenAnswer:
    """Return the answer that a hint names; ContractError if it names none."""
    found = part(hint, "answer")
    version = found.get("version")
    if type(version) is not int or version < 1:
        raise ContractError("schema", "the message does not identify an answer")
    return GivenAnswer(named(found, "change_id"), named(found, "person"), version)


def hint_reminder(due: DueReminder) -> str:
    """Return the message that a reminder may be due."""
    named_ = {"change_id": due.change_id, "starts_at": due.starts_at, "before": due.before}
    return json.dumps({"v": 1, "reminder": named_}, separators=(",", ":"))


def reminder_in(body: str) -> DueReminder | None:
    """Return the reminder that a message names; None if it is another message.

    Raises:
        ContractError: It is about a reminder but does not identify it.
    """
    if '"reminder"' not in body[:100]:
        return None
    found = part(object_in(body), "reminder")
    starts_at, before = found.get("starts_at"), found.get("before")
    if not isinstance(starts_at, float) or not isinstance(before, float):
        raise ContractError("schema", "the message does not identify a reminder")
    return DueReminder(named(found, "change_id"), starts_at, before)


def hint_digest(monday: str) -> str:
    """Return the message that the digest of the week with this Monday may be due."""
    return json.dumps({"v": 1, "digest": {"monday": monday}}, separators=(",", ":"))


def digest_in(body: str) -> str | None:
    """Return the Monday of the digest that a message names; None if it is another message.

    Raises:
        ContractError: It is about a digest but does not identify it.
    """
    if '"digest"' not in body[:20]:
        return None
    return named(part(object_in(body), "digest"), "monday")


class CodeHint(NamedTuple):
    """A hint to mail a confirmation code: a recipient of a run, and the code's number."""

    run: str
    batch: int
    recipient: str
    number: int


def hint_code(run: str, batch: int, recipient: str, number: int) -> str:
    """Return the hint to mail this recipient its confirmation code of this number."""
    code = CodeHint(run, batch, recipient, number)._asdict()
    return json.dumps({"v": 1, "code": code}, separators=(",", ":"))


def code_in(hint: dict[str, Any]) -> CodeHint:
    """Return the code that a hint names; ContractError if it names none."""
    found = part(hint, "code")
    batch, number = found.get("batch"), found.get("number")
    if type(batch) is not int or type(number) is not int:
        raise ContractError("schema", "the message does not identify a code")
    return CodeHint(named(found, "run"), batch, named(found, "recipient"), number)


class ChosenHint(NamedTuple):
    """Settings that a recipient of a run chose on the page, and when (epoch seconds).

    A topic is OPT_IN or OPT_OUT; EVERYTHING means unsubscribed from all. The other two may be
    empty, which means the customer's own.
    """

    run: str
    batch: int
    recipient: str
    at: float
    settings: dict[str, str]


def hint_chosen(chosen: ChosenHint) -> str:
    """Return the message to apply this choice."""
    return json.dumps({"v": 1, "chosen": chosen._asdict()}, separators=(",", ":"))


def chosen_in(hint: dict[str, Any]) -> ChosenHint:
    """Return the choice in a message; raise ContractError `schema` if it has none."""
    found = part(hint, "chosen")
    batch, at, settings = found.get("batch"), found.get("at"), part(found, "settings")
    if type(batch) is not int or not isinstance(at, int | float):
        raise ContractError("schema", "the message needs a whole number `batch` and a number `at`")
    if not settings or not all(_is_setting(name, value) for name, value in settings.items()):
        raise ContractError(
            "schema", "the message has no settings, or one that this release does not know"
        )
    return ChosenHint(named(found, "run"), batch, named(found, "recipient"), float(at), settings)


def _is_setting(name: str, value: Any) -> bool:
    if name in {topic.value for topic in Topic}:
        return value in {"OPT_IN", "OPT_OUT"}
    if name == EVERYTHING:
        return bool(value == "leave")
    return name in {LANGUAGE, TIMEZONE} and isinstance(value, str)


def send_deliveries(sqs: "SQSClient", queue: str, batches: Iterable[Batch], now: float) -> None:
    """Queue a hint for each batch in time for its slot, at most a second early and never late."""
    messages = (
        (hint_delivery(batch.run, batch.number), int(batch.not_before - now)) for batch in batches
    )
    send_all(sqs, queue, messages)
