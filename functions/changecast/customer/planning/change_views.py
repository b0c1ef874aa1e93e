"""The view of a change for the account's people, stored beside its runs if they may answer."""

from collections.abc import Sequence

from changecast.contract.change import Change
from changecast.contract.differences import material_fingerprint
from changecast.customer.ledger.answers import ChangeView, keep_view, read_view
from changecast.customer.ledger.schema import Run
from changecast.customer.ledger.table import Ledger
from changecast.customer.mailing import Mailing, MailKind, Topic


def note_view(
    ledger: Ledger,
    run: Run,
    mailing: Mailing,
    change: Change,
    previous: Change | None,
    void: Sequence[Run],
    now: float,
) -> None:
    """Store the view of a change once its run is planned.

    Args:
        change: The change as this customer may see it.
        previous: What its people were last told.
        void: Runs of discarded revisions.
    """
    before = read_view(ledger, run.change_id)
    view = view_of(run, mailing, change, previous, before, now)
    keep_view(ledger, view, [one.revision for one in void])


def view_of(
    run: Run,
    mailing: Mailing,
    change: Change,
    previous: Change | None,
    before: ChangeView | None,
    now: float,
) -> ChangeView:
    """Return the view of a change after a run. Pure.

    A customer that was removed sees nothing of the revision that no longer names it. A cancelled
    change has the window that people were told.
    """
    withdrawn = mailing.kind is MailKind.WITHDRAWN
    told = previous if previous and (withdrawn or mailing.kind is MailKind.CANCELLED) else change
    shown = told if withdrawn else change
    asks = mailing.topic is Topic.APPROVALS and not withdrawn
    window = told.window or change.window
    renews = asks and (mailing.material or before is None)
    return ChangeView(
        change_id=run.change_id,
        revision=run.revision,
        run=run.run,
        status=shown.status.value,
        title=shown.title,
        fingerprint=material_fingerprint(shown),
        withdrawn=withdrawn,
        updated_at=now,
        window_start=window.start.timestamp() if window else 0.0,
        window_end=window.end.timestamp() if window else 0.0,
        asked_run=run.run if before is None or mailing.material else before.asked_run,
        approvals_run=_approvals_run(run, before, renews=renews),
        expires_at=run.expires_at,
    )


def _approvals_run(run: Run, before: ChangeView | None, *, renews: bool) -> str:
    if renews:
        return run.run
    return before.approvals_run if before else ""
