"""Mails as sent from a customer's account: its runs' renderings, if the account is open."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from changecast.customer.ledger.schema import Run
from changecast.customer.ledger.table import Ledger, batches_of
from changecast.customer.mailing import Variant
from changecast_cli.customer_access import enter
from changecast_cli.failures import Refused
from changecast_cli.watching.recipients import run_in
from changecast_cli.watching.renderings import renderings_of

if TYPE_CHECKING:
    from changecast_cli.console.aws import Aws

# A page requests each of its mails again; sent mails do not change.
MOST = 20
# The number of batches to read for the languages and zones that people chose.
BATCHES = 40
_Key = tuple[str, int, str]


@dataclass(frozen=True)
class Kept:
    """The renderings of a run by variant, and how the account was opened."""

    way: str
    renderings: Mapping[str, bytes]


@dataclass
class KeptMails:
    """Mails that this console has read since it started."""

    _known: OrderedDict[_Key, Kept] = field(default_factory=OrderedDict)
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def of(self, aws: "Aws", change_id: str, revision: int, code: str) -> Kept:
        """Return the mails of a revision at a customer.

        Raises:
            Refused: There is no way into the account, or it has none of them.
        """
        key = (change_id, revision, code)
        with self._reading:
            if key not in self._known:
                self._known[key] = _read(aws, change_id, revision, code)
            while len(self._known) > MOST:
                self._known.popitem(last=False)
            return self._known[key]


def _read(aws: "Aws", change_id: str, revision: int, code: str) -> Kept:
    account = enter(aws.session, code)
    run = run_in(account, account.ledger(), change_id, revision)
    found = renderings_of(account, run, _variants(account.ledger(), run))
    if not found:
        raise Refused(
            f"the account of {code} has no stored mail of {change_id} revision {revision}"
        )
    return Kept(account.way, found)


def _variants(ledger: Ledger, run: Run) -> list[str]:
    """Return every variant, and those in other languages that the first readers got."""
    first = islice(batches_of(ledger, run), BATCHES)
    own = {recipient.variant for batch in first for recipient in batch.recipients}
    return [*dict.fromkeys([*(variant.value for variant in Variant), *sorted(own)])]
