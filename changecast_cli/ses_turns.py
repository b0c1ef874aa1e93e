"""SES's limit of one request a second, shared with the functions of the account's stack.

Each SES client of a session waits for its turn before every request except sending. The ledger of
the account's stack gives out the turns, and people give way to a planner that reads the contact
list. Without a stack, or without permission for its ledger, this process paces only itself.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import Retry
from changecast.customer.ledger.ses_requests import APART, look, next_turn
from changecast.customer.ledger.table import PATIENCE, Ledger

STACK = "changecast"
# The longest waits for a person: for a reading, and for a turn behind others.
GIVE_WAY, LONGEST_TURN = 60.0, 60.0
_SENDING = ("SendEmail", "SendBulkEmail", "SendCustomVerificationEmail")


def in_turn(session: boto3.Session) -> boto3.Session:
    """Make every future SES client of this session wait for its turns."""
    turns = Turns(session)
    session.events.register("before-send.sesv2", turns.wait)
    return session


@dataclass
class Turns:
    """The turns of one account; `free_at` is the next one if this process paces itself."""

    session: boto3.Session
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    ledger: Ledger | None = None
    looked: bool = False
    free_at: float = 0.0

    def wait(self, event_name: str, **_: Any) -> None:
        """Wait for the next turn; botocore calls it for each try of each request."""
        if event_name.rpartition(".")[2] in _SENDING:
            return
        now = self.clock()
        self.sleep(max(0.0, self._turn(now) - now))

    def _turn(self, now: float) -> float:
        ledger = self._ledger()
        if ledger:
            try:
                now = self._after_readers(ledger, now)
                return next_turn(ledger, now, longest=LONGEST_TURN)
            except (ClientError, BotoCoreError, Retry):
                self.ledger = None
        turn = max(now, self.free_at)
        self.free_at = turn + APART
        return turn

    def _after_readers(self, ledger: Ledger, began: float) -> float:
        """Give way to a planner that reads the contact list, but not forever."""
        now = began
        while look(ledger).is_under_way(now) and now < began + GIVE_WAY:
            self.sleep(APART)
            now = self.clock()
        return now

    def _ledger(self) -> Ledger | None:
        """Return the ledger of the account's stack, looked up once; None if there is none."""
        if not self.looked:
            self.looked = True
            table = _table(self.session)
            client = self.session.client("dynamodb", config=PATIENCE)
            self.ledger = Ledger(client, table, 0.0, 0.0, self.sleep) if table else None
        return self.ledger


def _table(session: boto3.Session) -> str | None:
    try:
        found = session.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    except (ClientError, BotoCoreError):
        return None
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}
    return outputs.get("LedgerTable")
