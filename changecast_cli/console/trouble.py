"""What needs a person: every delivery in trouble, its cause and its repair. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from changecast.contract.approval import Approval
from changecast.contract.change import Status
from changecast.hub.lengths import in_words
from changecast.hub.tracking.alerts import page
from changecast.hub.tracking.findings import SILENT, Cause
from changecast.hub.tracking.open_windows import ending
from changecast.hub.tracking.operator_actions import OperatorAction
from changecast_cli.console.board import Standing
from changecast_cli.watching.advice import next_step, unanswered
from changecast_cli.watching.runs import answered, is_bad

# Repairs with a button; every other repair is a command to type.
RESUME, REANNOUNCE, START, COMPLETE = "resume", "reannounce", "start", "complete"
RELEASE, DROP = "release", "drop"
REDRIVE, REPLAY, DISCARD = "redrive", "replay", "discard"
_BUTTONS = {
    "paused": (RESUME,),
    "held": (RELEASE, DROP),
    **{cause.value: (REANNOUNCE,) for cause in SILENT},
}


@dataclass(frozen=True)
class Trouble:
    """Something that needs a person; `customer` is empty if it is about the whole change.

    `done` is what an operator has done about it, if nothing was reported since.
    """

    change_id: str
    title: str
    customer: str
    state: str
    cause: str
    command: str
    page: str
    buttons: tuple[str, ...]
    done: OperatorAction | None = None

    @property
    def asks_doctor(self) -> bool:
        """Whether the doctor knows the cause."""
        return self.command.startswith("changecast doctor ")


def troubles(
    standings: Iterable[Standing],
    now: datetime,
    actions: Mapping[str, Sequence[OperatorAction]] = MappingProxyType({}),
) -> Iterator[Trouble]:
    """Yield everything that needs a person, in the order of the changes.

    `actions` are what operators did, by change.
    """
    for standing in standings:
        yield from _overdue(standing, now)
        for code, customer in standing.run["customers"].items():
            yield from _of_customer(standing, code, customer, actions.get(standing.change_id, ()))


def _overdue(standing: Standing, now: datetime) -> Iterator[Trouble]:
    window, record = standing.window, standing.record
    if window is None or record is None or window.end > now or not standing.is_open:
        return
    if record.status in (Status.COMPLETED, Status.CANCELLED, Status.DRAFT):
        return
    yield Trouble(
        standing.change_id, standing.run["title"], "", "overdue",
        f"its window ended {in_words(now - window.end)} ago, and nobody has announced "
"that the change is completed or cancelled",
        ending({"change_id": standing.change_id, "status": record.status}), page(Cause.OVERDUE),
        () if record.status == Status.SUBMITTED else (COMPLETE,),
    )  # fmt: skip


def _of_customer(
    standing: Standing,
    code: str,
    customer: Mapping[str, Any],
    actions: Sequence[OperatorAction],
) -> Iterator[Trouble]:
    change_id, title = standing.change_id, standing.run["title"]
    if is_bad(dict(customer)):
        step = next_step(change_id, code, dict(customer), actions)
        done = unanswered(dict(customer), code, actions) if step.told else None
        said = customer["reason"] or customer["rejection"] or {}
        cause = said.get("message") or "its account reported no reason"
        yield Trouble(change_id, title, code, step.state, cause, step.command, step.page,
                      () if done else _BUTTONS.get(step.state, ()), done)  # fmt: skip
    responses = customer["responses"] or {}
    counts = responses.get("counts", {})
    asks = counts.get("rejected") or counts.get("reschedule_requested")
    if asks or responses.get("approval") == Approval.REJECTED:
        yield Trouble(change_id, title, code, "objects", answered(dict(customer)),
                      f"changecast responses {change_id} --customer {code}",
                      "docs/runbook/change-rejected.md", ())  # fmt: skip
