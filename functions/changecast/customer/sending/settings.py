"""Settings of the functions that send, and of those that settle what was sent."""

from dataclasses import dataclass

from changecast.customer.settings import (
    LedgerSettings,
    OptionalAnswers,
    OptionalDigest,
    OptionalLinks,
    OptionalNotices,
)


@dataclass(frozen=True)
class SendSettings(OptionalLinks):
    """Settings of send_mail."""

    lease_seconds: "int"
    mails_bucket: "str"
    deliveries_queue_url: "str"
    reports_queue_url: "str"
    contact_list: "str"
    configuration_set: "str"
    sender: "str"


@dataclass(frozen=True)
class NoticeSettings(OptionalLinks):
    """Settings of deliver_notice.

    `webhook_targets` is "loopback" where webhooks may lead to the machine itself. No template sets
    this: it is for trying out webhooks on one machine.
    """

    lease_seconds: "int"
    mails_bucket: "str"
    notices_queue_url: "str"
    reports_queue_url: "str"
    webhook_targets: "str" = "public"

    @property
    def allows_loopback(self) -> bool:
        """Whether a webhook may lead to the machine that the function runs on."""
        return self.webhook_targets == "loopback"


@dataclass(frozen=True)
class OutcomeSettings(LedgerSettings):
    """Settings of record_outcome."""

    reports_queue_url: "str"


@dataclass(frozen=True)
class SweepSettings(OptionalDigest, OptionalNotices, OptionalAnswers, LedgerSettings):
    """Settings of sweep."""

    unknown_policy: "str"
    mails_bucket: "str"
    deliveries_queue_url: "str"
    reports_queue_url: "str"
    outcomes_queue_url: "str"
    outcomes_dlq_url: "str"
    reminders: "str" = ""
    announcements_queue_url: "str" = ""
    timezone: "str" = "UTC"
