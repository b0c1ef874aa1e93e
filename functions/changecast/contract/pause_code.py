"""Why a run is paused. Reports contain the code, and it decides how the run resumes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class PauseCode(StrEnum):
    """The cause of a pause. `automatic` ones end on their own, the others need an operator."""

    # SES's own error codes.
    SENDING_PAUSED = "SendingPausedException"
    ACCOUNT_SUSPENDED = "AccountSuspendedException"
    LIMIT_EXCEEDED = "LimitExceededException"
    MAIL_FROM_NOT_VERIFIED = "MailFromDomainNotVerifiedException"
    NOT_FOUND = "NotFoundException"
    ACCESS_DENIED = "AccessDeniedException"
    ACCESS_DENIED_SHORT = "AccessDenied"
    CLIENT_UNKNOWN = "UnrecognizedClientException"
    CREDENTIALS_INVALID = "InvalidClientTokenId"
    CREDENTIALS_EXPIRED = "ExpiredTokenException"
    CREDENTIALS_EXPIRED_SHORT = "ExpiredToken"
    # Found by the sender.
    DAILY_QUOTA = "daily_quota"
    SENDER_NOT_VERIFIED = "sender_not_verified"
    REQUEST_DENIED = "request_denied"
    NO_CREDENTIALS = "no_credentials"
    ALL_REFUSED = "all_refused"
    SANDBOX = "sandbox"
    NO_RENDERING = "no_rendering"
    BOUNCE_RATE = "bounce_rate"
    COMPLAINT_RATE = "complaint_rate"
    # Found by the planner.
    NO_CONTACT_LIST = "no_contact_list"
    CONTACTS_DENIED = "contacts_denied"
    NO_TOPIC = "no_topic"
    MAILS_PER_DAY = "mails_per_day"
    ANNOUNCEMENTS_PER_HOUR = "announcements_per_hour"
    LINK_DOMAINS = "link_domains"
    LIST_GROWTH = "list_growth"

    @property
    def automatic(self) -> bool:
        """Whether the run resumes automatically once its cause is gone."""
        return self in _AUTOMATIC or self.is_planned_again

    @property
    def is_planned_again(self) -> bool:
        """Whether the planner tries every few minutes to plan the run."""
        return self in _PLANNED_AGAIN

    @property
    def needs_operator(self) -> bool:
        """Whether the run resumes only with `changecast resume`."""
        return not self.automatic

    @property
    def needs_repair(self) -> bool:
        """Whether resuming helps only after something in the account is repaired."""
        return not (self.is_account_limit or self.is_rate)

    @property
    def is_rate(self) -> bool:
        """Whether too many of the run's own mails bounced or caused complaints."""
        return self in _RATES

    @property
    def is_account_limit(self) -> bool:
        """Whether the run is beyond a limit that the customer's own stack sets."""
        return self in _ACCOUNT_LIMITS

    @property
    def runbook(self) -> str:
        """The page under docs/runbook that says what to do, without its suffix."""
        return _PAGES.get(self, "paused")


def pause_code(code: str) -> PauseCode | None:
    """Return the pause code of a reason; None if the reason is not a pause."""
    return PauseCode(code) if code in _BY_VALUE else None


def pause_of(row: Mapping[str, Any]) -> PauseCode | None:
    """Return the pause code in a status row's reason; None if it has no reason, or another one."""
    return pause_code(str((row.get("reason") or {}).get("code")))


_BY_VALUE = frozenset(code.value for code in PauseCode)
_AUTOMATIC = frozenset(
    {
        PauseCode.DAILY_QUOTA, PauseCode.SENDING_PAUSED, PauseCode.ACCOUNT_SUSPENDED,
        PauseCode.SANDBOX,
    }
)  # fmt: skip
_PLANNED_AGAIN = frozenset(
    {PauseCode.NO_CONTACT_LIST, PauseCode.CONTACTS_DENIED, PauseCode.NO_TOPIC}
)
_RATES = frozenset({PauseCode.BOUNCE_RATE, PauseCode.COMPLAINT_RATE})
_ACCOUNT_LIMITS = frozenset(
    {
        PauseCode.MAILS_PER_DAY, PauseCode.ANNOUNCEMENTS_PER_HOUR, PauseCode.LINK_DOMAINS,
        PauseCode.LIST_GROWTH,
    }
)  # fmt: skip
_PAGES = {
    PauseCode.DAILY_QUOTA: "quota",
    PauseCode.SANDBOX: "sandbox",
    PauseCode.NO_TOPIC: "no-topic",
    PauseCode.BOUNCE_RATE: "bounce-rate",
    PauseCode.COMPLAINT_RATE: "complaint-rate",
}
