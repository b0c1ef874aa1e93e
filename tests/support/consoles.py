"""A console over a hub without AWS: the changes that a test puts on its board."""

from dataclasses import dataclass, field
from typing import Any, cast

from botocore.exceptions import NoCredentialsError

from changecast.hub.announcing.announce import Hub
from changecast.hub.tracking.revisions import Record
from changecast.hub.tracking.schema import answer_key, status_key
from changecast_cli.console.board import Standing
from changecast_cli.console.state import Console
from changecast_cli.watching.runs import run_of
from tests.support.fake_hub import FakeHub

PORT, PREFIX, TOKEN = 8765, "the-prefix", "the-token"
OWN = f"http://127.0.0.1:{PORT}"


def standing(change_id: str = "CHG-1", status: str = "approved", **more: Any) -> Standing:
    """A change for acme and globex that was sent to both, unless said otherwise."""
    states = more.pop("states", {"acme": "sent", "globex": "sent"})
    fields = {"window_start": "", "window_end": "", "title": "Patch the hosts"} | more
    rows = [
        {"customer": code, "change_id": change_id, "revision": 1, "state": state,
         "title": fields["title"], "announced_at": "2027-01-16T08:05:00Z"}
        for code, state in states.items()
    ]  # fmt: skip
    record = Record(
        change_id=change_id, revision=1, content_hash="h", customers=tuple(states), withdrawn=(),
        announced_by="maria", announced_at="2027-01-16T08:05:00Z", event_id="e", status=status,
        versioned=False, **fields,
    )  # fmt: skip
    return Standing(run_of(change_id, rows), record)


@dataclass
class FakeBoard:
    """The changes that a test puts there."""

    shown: list[Standing] = field(default_factory=list)
    failure: Exception | None = None

    def standings(self) -> list[Standing]:
        if self.failure:
            raise self.failure
        return self.shown

    def seen_as(self) -> str:
        return str(len(self.standings()))


class NoAccount:
    """A session that leads into no customer's account."""

    def client(self, service: str) -> Any:
        raise NoCredentialsError


@dataclass
class FakeAws:
    """The hub of tests/support, as the console reaches it."""

    fake: FakeHub
    session: Any = field(default_factory=NoAccount)

    @property
    def table(self) -> Any:
        return self.fake.table

    @property
    def two_persons(self) -> bool:
        return self.fake.two_persons is not None

    @property
    def customers(self) -> Any:
        return self.fake.customers

    def hub(self) -> Hub:
        return self.fake


def report(hub: FakeHub, change_id: str, code: str, revision: int = 1, **fields: Any) -> None:
    """A customer's status as the tracker would have written it."""
    key = status_key(change_id, revision, code)
    row = {"customer": code, "change_id": change_id, "revision": revision, "state": "sent",
           "title": "Patch the hosts", "announced_at": "2027-01-16T08:05:00Z",
           "announced_by": "maria", "version": 1} | fields  # fmt: skip
    hub.table.items[key["pk"], key["sk"]] = key | row


def answer(hub: FakeHub, change_id: str, code: str, **fields: Any) -> None:
    """An answer as the tracker would have kept it."""
    key = answer_key(change_id, code, 1, "event-1")
    row = {"customer": code, "change_id": change_id, "revision": 1, "response": "rejected",
           "responder": "6f1d0c2b", "comment": "Not now", "windows": [], "superseded_by": None,
           "received_at": "2027-01-16T08:09:00Z"} | fields  # fmt: skip
    hub.table.items[key["pk"], key["sk"]] = key | row


def console_over(
    hub: FakeHub, board: FakeBoard, prefix: str = PREFIX, *, read_only: bool = False
) -> Console:
    """A console that may write, unless said otherwise."""
    return Console(cast(Any, FakeAws(hub)), cast(Any, board), f"/{prefix}", read_only=read_only)
