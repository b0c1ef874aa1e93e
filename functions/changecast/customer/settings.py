"""Settings that the functions of a customer's account read from their environment."""

from dataclasses import dataclass

from changecast.contract.reminder import seconds_before
from changecast.lambdas.settings import FromEnvironment


@dataclass(frozen=True)
class LedgerSettings(FromEnvironment):
    """Settings of every function that opens the ledger."""

    customer_code: "str"
    ledger_table: "str"
    ledger_ttl_days: "int"
    unknown_window_minutes: "int"

    @property
    def keep_seconds(self) -> float:
        """Seconds that the ledger keeps its items."""
        return self.ledger_ttl_days * 86_400.0

    @property
    def window_seconds(self) -> float:
        """Seconds that an unanswered mail waits for evidence."""
        return self.unknown_window_minutes * 60.0


@dataclass(frozen=True)
class BrandSettings(LedgerSettings):
    """Settings of every function that writes mails or pages."""

    customer_name: "str"
    sender: "str"
    sender_name: "str"
    support_contact: "str"
    language: "str"
    timezone: "str"
    brand_color: "str"
    brand_footer: "str"
    provider_name: "str"


@dataclass(frozen=True, kw_only=True)
class OptionalAnswers:
    """The setting of functions that do more where people may answer."""

    responses: "str" = "no"

    @property
    def lets_people_answer(self) -> bool:
        """Whether mails carry personal links, and answers are reported."""
        return self.responses == "yes"


@dataclass(frozen=True, kw_only=True)
class OptionalNotices:
    """The setting of functions that do more where there may be chats and webhooks."""

    notices_queue_url: "str" = ""

    @property
    def has_channels(self) -> bool:
        """Whether the account may have chats and webhooks."""
        return bool(self.notices_queue_url)


@dataclass(frozen=True, kw_only=True)
class OptionalDigest:
    """The setting of functions that do more where people may get a weekly digest."""

    digest: "str" = "no"

    @property
    def has_digest(self) -> bool:
        """Whether people may get a weekly digest."""
        return self.digest == "yes"


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


@dataclass(frozen=True)
class SendSettings(LedgerSettings):
    """Settings of send_mail."""

    lease_seconds: "int"
    mails_bucket: "str"
    deliveries_queue_url: "str"
    reports_queue_url: "str"
    contact_list: "str"
    configuration_set: "str"
    sender: "str"
    response_url: "str" = ""
    response_keyring: "str" = ""


@dataclass(frozen=True)
class NoticeSettings(LedgerSettings):
    """What deliver_notice needs to know.

    `webhook_targets` is "loopback" where webhooks may lead to the machine itself, which no template
    sets: it is for trying webhooks out on one machine.
    """

    lease_seconds: "int"
    mails_bucket: "str"
    notices_queue_url: "str"
    reports_queue_url: "str"
    webhook_targets: "str" = "public"
    response_url: "str" = ""
    response_keyring: "str" = ""

    @property
    def allows_loopback(self) -> bool:
        """Whether a webhook may lead to the machine that the function runs on."""
        return self.webhook_targets == "loopback"


@dataclass(frozen=True)
class RespondSettings(OptionalDigest, BrandSettings):
    """Settings of respond."""

    mails_bucket: "str"
    reports_queue_url: "str"
    deliveries_queue_url: "str"
    preferences_queue_url: "str"
    response_keyring: "str"
    response_confirmation: "str"
    responder_identity: "str"


@dataclass(frozen=True)
class ApplySettings(LedgerSettings):
    """What apply_preferences needs to know."""

    contact_list: "str"


@dataclass(frozen=True)
class ReportSettings(OptionalAnswers, LedgerSettings):
    """Settings of report_delivery.

    A run pauses above these percentages of bounces and complaints.
    """

    hub_bus_arn: "str"
    account: "str"
    bounce_limit_percent: "float"
    complaint_limit_percent: "float"
    approvals_needed: "str" = "0"
    channels: "str" = "no"

    @property
    def has_channels(self) -> bool:
        """Whether the account may have chats and webhooks."""
        return self.channels == "yes"

    @property
    def hub_region(self) -> str:
        """The hub's Region: a bus accepts events only at its own Region's endpoint."""
        return self.hub_bus_arn.split(":")[3]


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
