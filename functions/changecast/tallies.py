"""Counters of the account per UTC hour and day: what has gone out without a person, exactly.

A run's own note of how many of its mails are counted is written in the same transaction, so a run
that is planned again, or twice at once, counts once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from changecast.contention import ATTEMPTS, lost_items, raise_unless_passing, step_aside
from changecast.errors import Retry
from changecast.ledger import Ledger, read_run
from changecast.ledger_items import Item, Run, encode, run_key

# Long enough to look at afterwards.
_KEEP = 14 * 86_400
_BY_DAY, _BY_HOUR = "%Y-%m-%d", "%Y-%m-%dT%H"


@dataclass(frozen=True)
class Tally:
    """A counter and the most that it may come to; `code` is the word for its being full."""

    code: str
    key: str
    more: int
    most: int

    @property
    def has_room(self) -> bool:
        """Whether it could take so many at all, were it empty."""
        return self.more <= self.most


def mails_of_the_day(mails: int, most: int, now: float) -> Tally:
    """So many mails more on this day."""
    return Tally("mails_per_day", f"mails#{_when(now, _BY_DAY)}", mails, most)


def announcements_of_the_hour(most: int, now: float) -> Tally:
    """One announcement more in this hour."""
    return Tally("announcements_per_hour", f"announcements#{_when(now, _BY_HOUR)}", 1, most)


def count(ledger: Ledger, run: Run, mails: int, most: tuple[int, int], now: float) -> Tally | None:
    """Count a run and its mails; comes back the tally that is full: then nothing was counted.

    `most` is how many mails a day and announcements an hour there may be, 0 for any number. A run
    that was counted with fewer mails counts again with those that were added. Raises Retry.
    """
    for attempt in range(ATTEMPTS):
        stands = read_run(ledger, run.run) or run
        if stands.counted >= mails:
            return None
        tallies = list(_tallies(stands, mails, most, now))
        for tally in tallies:
            if not tally.has_room:
                return tally
        try:
            ledger.client.transact_write_items(
                TransactItems=_writes(ledger, stands, mails, tallies, now)  # type: ignore[arg-type]
            )
        except (ClientError, HTTPClientError) as error:
            raise_unless_passing(error)
            if full := _full(error, tallies):
                return full
            step_aside(ledger, attempt)
        else:
            return None
    raise Retry(f"run {run.run} is too busy to be counted")


def _tallies(stands: Run, mails: int, most: tuple[int, int], now: float) -> list[Tally]:
    mails_a_day, announcements_an_hour = most
    tallies = []
    if mails_a_day:
        tallies.append(mails_of_the_day(mails - stands.counted, mails_a_day, now))
    if announcements_an_hour and not stands.counted:
        tallies.append(announcements_of_the_hour(announcements_an_hour, now))
    return tallies


def _full(error: ClientError | HTTPClientError, tallies: Sequence[Tally]) -> Tally | None:
    """The tally that refused; None where the run itself did: somebody else has counted it."""
    lost = lost_items(error) if isinstance(error, ClientError) else []
    if not lost or len(tallies) in lost:
        return None
    return tallies[lost[0]]


def _writes(
    ledger: Ledger, stands: Run, mails: int, tallies: Sequence[Tally], now: float
) -> list[Item]:
    counted: Any = {
        "TableName": ledger.table,
        "Key": run_key(stands.run),
        "UpdateExpression": "SET counted = :mails",
        "ConditionExpression": "attribute_not_exists(counted) OR counted = :was",
        "ExpressionAttributeValues": encode({":mails": mails, ":was": stands.counted}),
    }
    return [{"Update": _grown(ledger, tally, now)} for tally in tallies] + [{"Update": counted}]


def _grown(ledger: Ledger, tally: Tally, now: float) -> Item:
    values = {":more": tally.more, ":room": tally.most - tally.more, ":expiry": int(now + _KEEP)}
    return {
        "TableName": ledger.table,
        "Key": encode({"pk": "account", "sk": tally.key}),
        "UpdateExpression": "SET expires_at = :expiry ADD so_many :more",
        "ConditionExpression": "attribute_not_exists(so_many) OR so_many <= :room",
        "ExpressionAttributeValues": encode(values),
    }


def _when(now: float, form: str) -> str:
    return datetime.fromtimestamp(now, UTC).strftime(form)
