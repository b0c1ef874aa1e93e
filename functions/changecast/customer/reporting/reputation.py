"""Pause a run if too many of its mails bounce or cause complaints. Pure.

SES reviews an account at 5% bounces and 0.1% complaints.
https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-bounce-rate.html
"""

from collections import Counter
from typing import NamedTuple

from changecast.contract.errors import PauseRun
from changecast.contract.pause_code import PauseCode
from changecast.customer.ledger.schema import Run
from changecast.customer.ledger.states import ACCEPTED, State

# Fewer mails give no rate: one dead address in a short list is no reason to stop.
ENOUGH_BOUNCES, ENOUGH_COMPLAINTS = 10, 3


class RateLimits(NamedTuple):
    """Limits in percent of a run's accepted mails: permanent bounces, and complaints."""

    bounces: float
    complaints: float


def stop_of(run: Run, counted: Counter[State], limits: RateLimits) -> PauseRun | None:
    """Return why a run must pause; None if it may continue or an operator has resumed it."""
    if run.paused or run.tolerant or not counted[State.PLANNED]:
        return None
    accepted = sum(counted[state] for state in ACCEPTED)
    bounced, complained = counted[State.BOUNCED], counted[State.COMPLAINED]
    if bounced >= ENOUGH_BOUNCES and bounced * 100 > accepted * limits.bounces:
        return PauseRun(PauseCode.BOUNCE_RATE, f"{bounced} of {accepted} mails bounced")
    if complained >= ENOUGH_COMPLAINTS and complained * 100 > accepted * limits.complaints:
        return PauseRun(
            PauseCode.COMPLAINT_RATE, f"{complained} of {accepted} mails were reported as spam"
        )
    return None
