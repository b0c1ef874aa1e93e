"""One reading of the contact list for all announcements that waited when it began.

SES accepts one request a second, so it takes seconds to read a list of thousands, and a patch night
cannot read it for each change. A reading serves the announcements that had reached the queue before
its first page was requested, and no later ones: people who subscribed before an announcement get
it, and people who left before it do not. This works like a group commit, not like a cache.

The reader holds a lease in the ledger, which ends seconds after the reader dies. The reading is
kept encrypted in the mails bucket until the next reading or the sweep deletes it.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import ChangecastError, Retry
from changecast.customer.ledger import ses_requests
from changecast.customer.ledger.table import Ledger
from changecast.customer.planning import contact_list
from changecast.customer.planning.contact_list import ContactList

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client

# Longer than a turn and its answer take in the worst case.
LEASE = 45.0
LONGEST_TURN = 20.0
# SQS's and a function's clocks differ by less than this; a message that arrived so shortly before a
# reading waits for the next one.
SKEW = 1.0
_LOOK_AGAIN = 0.5
# Time to wait for another reader; the rest of the function's time is for its own reading.
PATIENCE = 120.0
# By then, every message that waited for the reading has used it.
KEPT = 120.0
PREFIX = "contacts/"


@dataclass(frozen=True)
class Reader:
    """Everything that a reading needs; `ledger.wait` waits by the same clock."""

    ledger: Ledger
    s3: "S3Client"
    ses: "SESV2Client"
    bucket: str
    contact_list: str
    clock: Callable[[], float] = time.time


def contacts(reader: Reader, arrived_at: float) -> ContactList:
    """Return the contact list as it was after an announcement reached the queue.

    Args:
        reader: The account's ledger, bucket and SES.
        arrived_at: When the queue accepted the announcement (epoch seconds).

    Raises:
        PauseRun: The list cannot be read until a person acts.
        Retry: Nothing could be read in time.
    """
    until = reader.clock() + PATIENCE
    while True:
        state = ses_requests.read_reading(reader.ledger)
        serves = bool(state.reading) and arrived_at + SKEW <= state.began_at
        if serves and (body := _get(reader, state.reading)):
            return contact_list.load(body)
        now = reader.clock()
        if not state.is_under_way(now) and (read := _read_as_only_one(reader, now)):
            return read
        if now >= until:
            raise Retry("another function is still reading the contact list")
        reader.ledger.wait(_LOOK_AGAIN)


def _read_as_only_one(reader: Reader, now: float) -> ContactList | None:
    """Read the list; None if another reader has begun."""
    me = uuid.uuid4().hex
    before = ses_requests.start_reading(reader.ledger, me, now, now + LEASE)
    if before is None:
        return None
    if before.reader:  # the reader died, perhaps between storing the list and publishing it
        delete(reader.s3, reader.bucket, before.reader)
    try:
        return _read(reader, me)
    except (ChangecastError, ClientError, BotoCoreError):
        ses_requests.give_up_reading(reader.ledger, me)
        raise


def _read(reader: Reader, me: str) -> ContactList | None:
    """Read, store and publish the list; None if another reader took over after too long."""
    began: list[float] = []
    source = contact_list.Source(reader.ses, reader.contact_list, partial(_turn, reader, me, began))
    try:
        found = contact_list.read(source)
    except _TakenOver:
        return None
    reader.s3.put_object(
        Bucket=reader.bucket, Key=_key(me), Body=found.dump(), ContentType="application/json"
    )
    before = ses_requests.finish_reading(reader.ledger, me, began[0], reader.clock())
    if outdated := before.reading if before else me:
        delete(reader.s3, reader.bucket, outdated)
    return found


class _TakenOver(Exception):
    """Another reader has taken over."""


def _turn(reader: Reader, me: str, began: list[float]) -> None:
    """Wait for the account's next turn at SES, and keep the lease meanwhile."""
    now = reader.clock()
    turn = ses_requests.next_turn(reader.ledger, now, longest=LONGEST_TURN)
    if not ses_requests.keep_reading(reader.ledger, me, turn + LEASE):
        raise _TakenOver
    reader.ledger.wait(turn - now)
    began.append(reader.clock())


def delete_used(
    ledger: Ledger, connect_s3: Callable[[], "S3Client"], bucket: str, now: float
) -> None:
    """Delete a reading that nobody waits for, and the remains of a dead reader."""
    state = ses_requests.read_reading(ledger)
    if state.reader and not state.is_under_way(now):
        ses_requests.give_up_reading(ledger, state.reader)
        delete(connect_s3(), bucket, state.reader)
    if state.reading and state.read_at + KEPT <= now:
        ses_requests.forget_reading(ledger, state.reading)
        delete(connect_s3(), bucket, state.reading)


def delete(s3: "S3Client", bucket: str, reading: str) -> None:
    """Delete a reader's reading, if it is still there."""
    s3.delete_object(Bucket=bucket, Key=_key(reading))


def _get(reader: Reader, reading: str) -> bytes | None:
    try:
        return reader.s3.get_object(Bucket=reader.bucket, Key=_key(reading))["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise


def _key(reading: str) -> str:
    return f"{PREFIX}{reading}.json"
