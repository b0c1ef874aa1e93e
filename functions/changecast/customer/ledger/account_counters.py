"""The ledger's counters for the whole account: reports, lists, mails a day, announcements an hour.

The same transaction notes on the run how many of its mails are counted. So a run that is planned
again, or twice at once, counts once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from changecast.contract.errors import Retry
from changecast.contract.pause_code import PauseCode
from changecast.customer.ledger.contention import (
    ATTEMPTS,
    back_off,
    lost_items,
    raise_unless_transient,
)
from changecast.customer.ledger.encoding import Item, decode, encode
from changecast.customer.ledger.schema import Run, account_key, run_key
from changecast.customer.ledger.table import Ledger, read_run

# Long enough to look at it later.
_KEEP = 14 * 86_400
_BY_DAY, _BY_HOUR = "%Y-%m-%d", "%Y-%m-%dT%H"


def next_report_seq(ledger: Ledger) -> int:
    """Return the number of this account's next report: 1, 2, 3, ..."""
    return _next(ledger, "report_seq")


def next_response_seq(ledger: Ledger) -> int:
    """Return the number of this account's next answer: 1, 2, 3, ..."""
    return _next(ledger, "response_seq")


def _next(ledger: Ledger, name: str) -> int:
    answer = ledger.client.update_item(
        TableName=ledger.table,
        Key=account_key(name),
        UpdateExpression=f"ADD {name} :one",
        ExpressionAttributeValues=encode({":one": 1}),
        ReturnValues="UPDATED_NEW",
    )
    return int(decode(answer["Attributes"])[name])


def list_size(ledger: Ledger, topic: str) -> int:
    """Return how many contacts a topic had at the account's last run; 0 if there was none."""
    found = ledger.client.get_item(
        TableName=ledger.table, Key=account_key(f"list#{topic}"), ConsistentRead=True
    )
    return int(decode(found.get("Item", {})).get("contacts", 0))


def note_list_size(ledger: Ledger, topic: str, contacts: int) -> None:
    """Note how many contacts a topic has, so that the next run can compare."""
    ledger.client.update_item(
        TableName=ledger.table,
        Key=account_key(f"list#{topic}"),
        UpdateExpression="SET contacts = :contacts",
        ExpressionAttributeValues=encode({":contacts": contacts}),
    )


@dataclass(frozen=True)
class Tally:
    """A counter and its limit; `code` is the pause code when it is full."""

    code: PauseCode
    key: str
    more: int
    most: int

    @property
    def has_room(self) -> bool:
        """Whether an empty tally could take the run's mails."""
        return self.more <= self.most


def mails_of_the_day(mails: int, most: int, now: float) -> Tally:
    """Return the tally of this UTC day, about to grow by some mails."""
    return Tally(PauseCode.MAILS_PER_DAY, f"mails#{_when(now, _BY_DAY)}", mails, most)


def announcements_of_the_hour(most: int, now: float) -> Tally:
    """Return the tally of this UTC hour, about to grow by one announcement."""
    return Tally(PauseCode.ANNOUNCEMENTS_PER_HOUR, f"announcements#{_when(now, _BY_HOUR)}", 1, most)


def count(ledger: Ledger, run: Run, mails: int, most: tuple[int, int], now: float) -> Tally | None:
    """Count a run and its mails in the tallies of the account.

    If a run was counted with fewer mails, only the added ones are counted now.

    Args:
        most: The limits of mails a day and announcements an hour; 0 for no limit.

    Returns:
        The tally that is full, in which case nothing was counted; None if everything was counted.

    Raises:
        Retry: Too many other writers of the run or its tallies.
    """
    for attempt in range(ATTEMPTS):
        current = read_run(ledger, run.run) or run
        if current.counted >= mails:
            return None
        tallies = list(_tallies(current, mails, most, now))
        for tally in tallies:
            if not tally.has_room:
                return tally
        try:
            ledger.client.transact_write_items(
                TransactItems=_writes(ledger, current, mails, tallies, now)  # type: ignore[arg-type]
            )
        except (ClientError, HTTPClientError) as error:
            raise_unless_transient(error)
            if full := _full(error, tallies):
                return full
            back_off(ledger, attempt)
        else:
            return None
    raise Retry(f"run {run.run} could not be counted, because it kept changing")


def _tallies(current: Run, mails: int, most: tuple[int, int], now: float) -> list[Tally]:
    mails_a_day, announcements_an_hour = most
    tallies = []
    if mails_a_day:
        tallies.append(mails_of_the_day(mails - current.counted, mails_a_day, now))
    if announcements_an_hour and not current.counted:
        tallies.append(announcements_of_the_hour(announcements_an_hour, now))
    return tallies


def _full(error: ClientError | HTTPClientError, tallies: Sequence[Tally]) -> Tally | None:
    """Return the tally that is full; None if another planner has counted the run."""
    lost = lost_items(error) if isinstance(error, ClientError) else []
    if not lost or len(tallies) in lost:
        return None
    return tallies[lost[0]]


def _writes(
    ledger: Ledger, current: Run, mails: int, tallies: Sequence[Tally], now: float
) -> list[Item]:
    counted: Any = {
        "TableName": ledger.table,
        "Key": run_key(current.run),
        "UpdateExpression": "SET counted = :mails",
        "ConditionExpression": "attribute_not_exists(counted) OR counted = :was",
        "ExpressionAttributeValues": encode({":mails": mails, ":was": current.counted}),
    }
    return [{"Update": _grown(ledger, tally, now)} for tally in tallies] + [{"Update": counted}]


def _grown(ledger: Ledger, tally: Tally, now: float) -> Item:
    values = {":more": tally.more, ":room": tally.most - tally.more, ":expiry": int(now + _KEEP)}
    return {
        "TableName": ledger.table,
        "Key": account_key(tally.key),
        "UpdateExpression": "SET expires_at = :expiry ADD tallied :more",
        "ConditionExpression": "attribute_not_exists(tallied) OR tallied <= :room",
        "ExpressionAttributeValues": encode(values),
    }


def _when(now: float, form: str) -> str:
    return datetime.fromtimestamp(now, UTC).strftime(form)
