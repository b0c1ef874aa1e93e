"""Return a change as its readers see it: text without markup, and the plan that they know."""

from changecast.contract.change import Change
from changecast.customer.compose.sanitize import sanitized
from changecast.customer.compose.text.fields import as_text
from changecast.customer.mailing import MailKind


def as_told(
    change: Change, kind: MailKind, previous: Change | None
) -> tuple[Change, Change | None]:
    """Return the change as its readers see it, and as they last saw it.

    A customer that was removed sees nothing of the revision that no longer names it. A cancelled
    change has the window that people were told.
    """
    previous = sanitized(as_text(previous)) if previous else None
    return _ended(sanitized(as_text(change)), kind, previous), previous


def _ended(change: Change, kind: MailKind, previous: Change | None) -> Change:
    if previous is None:
        return change
    if kind is MailKind.WITHDRAWN:
        return previous.model_copy(update={"revision": change.revision})
    if kind is MailKind.CANCELLED:
        return change.model_copy(update={"window": previous.window or change.window})
    return change
