"""When a run stops because too many of its mails come back or draw complaints. Pure.

SES reviews an account at 5 % bounces and 0.1 % complaints.
https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-bounce-rate.html
"""

from collections import Counter
from typing import NamedTuple

from changecast.errors import PauseRun
from changecast.ledger_items import Run
from changecast.states import ACCEPTED, State

# Fewer say nothing of a rate: one dead address in a short list is no reason to stop.
ENOUGH_BOUNCES, ENOUGH_COMPLAINTS = 10, 3


class Limits(NamedTuple):
    """The most percent of a run's accepted mails that may bounce for good, or draw complaints."""

    bounces: float
    complaints: float


def stop_of(run: Run, counted: Counter[State], limits: Limits) -> PauseRun | None:
    """Why a run must stop, None where it may go on; a person who resumes it has decided."""
    if run.paused or run.tolerant or not counted[State.PLANNED]:
        return None
    accepted = sum(counted[state] for state in ACCEPTED)
    bounced, complained = counted[State.BOUNCED], counted[State.COMPLAINED]
    if bounced >= ENOUGH_BOUNCES and bounced * 100 > accepted * limits.bounces:
        return PauseRun("bounce_rate", f"{bounced} of {accepted} mails bounced")
    if complained >= ENOUGH_COMPLAINTS and complained * 100 > accepted * limits.complaints:
        return PauseRun("complaint_rate", f"{complained} of {accepted} mails drew a complaint")
    return None
