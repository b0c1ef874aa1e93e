"""Revisions that are void in this account, as if they had never been announced."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.errors import ContractError
from changecast.customer.ledger import runs
from changecast.customer.ledger.schema import Run
from changecast.customer.ledger.table import Ledger, revisions_told, runs_of


class KnownRuns(NamedTuple):
    """This account's runs of a change, oldest first: valid ones and void ones."""

    standing: list[Run]
    void: list[Run]


def known_runs(ledger: Ledger, announced: ChangeAnnounced, now: float) -> KnownRuns:
    """Read the runs of a change, and void those that the announcement discards.

    Raises:
        ContractError: `discarded`: the announced revision itself is void.
    """
    found = sorted_out(runs_of(ledger, announced.change_id), announced)
    for run in found.void:
        if not run.discarded:
            runs.discard(ledger, run, now)
    own = {*announced.discards, *(run.revision for run in found.void)}
    if announced.revision in own:
        raise ContractError("discarded", f"revision {announced.revision} was discarded")
    return found


def sorted_out(found: Sequence[Run], announced: ChangeAnnounced) -> KnownRuns:
    """Return the valid and the void runs for an announcement. Pure."""
    void = [run for run in found if run.discarded or run.revision in announced.discards]
    return KnownRuns([run for run in found if run not in void], void)


def up_to_date(ledger: Ledger, standing: Iterable[Run], void: Sequence[Run]) -> dict[str, int]:
    """Return each address's last revision told, unless a void one came after it."""
    told: dict[str, int] = {}
    for run in sorted([*standing, *void], key=lambda run: run.started_at):
        addresses = revisions_told(ledger, [run])
        if run in void:
            told = {name: revision for name, revision in told.items() if name not in addresses}
        else:
            told |= {name: max(run.revision, told.get(name, 0)) for name in addresses}
    return told
