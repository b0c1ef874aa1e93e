"""The commands for a delivery in trouble, for alerts and for `changecast status`. Pure."""

from collections.abc import Mapping

from changecast.hub.tracking.findings import SILENT, Cause

DOCTOR = "changecast doctor --customer {customer}"
# If reports are missing, the fault may be on either side.
BOTH_SIDES = "changecast doctor --hub --customer {customer}"
RESUME = "changecast resume {change} --customer {customer}"
REANNOUNCE = "changecast reannounce {change} --customer {customer}"
# A route keeps its dead letters for 14 days.
REPLAY_DAYS = 14
REPLAY = f"changecast replay --from {REPLAY_DAYS}d --customer {{customer}}"
RESUMES_AUTOMATICALLY = "the run resumes automatically once the cause is gone"
_HELD = "changecast held {change} --customer {customer}"
_RECIPIENTS = "changecast recipients {change} --customer {customer}"
# What repairs the cause, or shows what must be repaired first.
REPAIR: Mapping[Cause, str] = {
    Cause.PAUSED: DOCTOR,
    Cause.HELD: _HELD,
    Cause.FAILED: _RECIPIENTS,
    Cause.PARTIAL: _RECIPIENTS,
    Cause.REJECTED: "changecast history {change} --customer {customer}",
    Cause.NOTHING_TO_SEND: "changecast contacts list --customer {customer}",
    **dict.fromkeys(SILENT, DOCTOR),
    **dict.fromkeys((Cause.FORWARDED_NO_REPORT, Cause.STALLED), BOTH_SIDES),
    # The doctor knows registered customers only.
    Cause.UNKNOWN_CUSTOMER: "changecast customers list",
}
# Announcements to these customers reached nobody, and nothing repeats them automatically.
MISSED = SILENT - {Cause.STALLED, Cause.UNKNOWN_CUSTOMER}
# Commands about one run: that of the change, or of one of its reminders.
_OF_ONE_RUN = frozenset({RESUME, _HELD, _RECIPIENTS})


def repeating(cause: str) -> str:
    """Return the command that repeats what was missed; a route's dead letters need a replay."""
    return REPLAY if cause == Cause.REFUSED_BY_BUS else REANNOUNCE


def filled(command: str, change_id: str, customer: str, reminder: str = "") -> str:
    """Return a command about a customer's delivery; `reminder` is the name of one of its own."""
    which = f" --reminder {reminder}" if reminder and command in _OF_ONE_RUN else ""
    return command.format(change=change_id, customer=customer) + which
