"""Settings of plan_delivery."""

from dataclasses import dataclass

from changecast.contract.reminder import seconds_before
from changecast.customer.settings import (
    BrandSettings,
    OptionalAnswers,
    OptionalDigest,
    OptionalNotices,
)


@dataclass(frozen=True)
class PlanSettings(OptionalDigest, OptionalNotices, OptionalAnswers, BrandSettings):
    """Settings of plan_delivery."""

    environment: "str"
    mails_bucket: "str"
    deliveries_queue_url: "str"
    reports_queue_url: "str"
    announcements_queue_url: "str"
    announcements_dlq_url: "str"
    contact_list: "str"
    logo_url: "str"
    logo_text: "str"
    dark_logo_url: "str"
    allowed_recipients: "str"
    batch_size: "int"
    max_mails_per_day: "int"
    max_announcements_per_hour: "int"
    max_list_growth: "int"
    allowed_link_domains: "str"
    response_confirmation: "str" = "code"
    reminders: "str" = ""
    reminder_topics: "str" = "announcements"

    @property
    def remind_topics(self) -> frozenset[str]:
        """The topics whose subscribers are reminded: announcements, calendar, or both."""
        return words_in(self.reminder_topics)

    @property
    def remind_before(self) -> tuple[int, ...]:
        """How many seconds before its start people are reminded of a change."""
        return seconds_before(self.reminders)

    @property
    def allow_list(self) -> frozenset[str]:
        """Addresses and @domains that may be mailed outside `prod` and in tests."""
        return words_in(self.allowed_recipients)

    @property
    def link_domains(self) -> frozenset[str]:
        """The domains that an announced change may link to; none means any."""
        return words_in(self.allowed_link_domains)


def words_in(setting: str) -> frozenset[str]:
    """Return the words of a list setting, in lower case."""
    return frozenset(setting.lower().replace(",", " ").split())
