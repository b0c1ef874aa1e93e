"""Settings that several functions of a customer's account read from their environment."""

from dataclasses import dataclass

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
    """The setting for functions that do more where people may answer."""

    responses: "str" = "no"

    @property
    def lets_people_answer(self) -> bool:
        """Whether mails carry personal links, and answers are reported."""
        return self.responses == "yes"


@dataclass(frozen=True, kw_only=True)
class OptionalNotices:
    """The setting for functions that do more where there may be chats and webhooks."""

    notices_queue_url: "str" = ""

    @property
    def has_channels(self) -> bool:
        """Whether the account may have chats and webhooks."""
        return bool(self.notices_queue_url)


@dataclass(frozen=True, kw_only=True)
class OptionalDigest:
    """The setting for functions that do more where people may get a weekly digest."""

    digest: "str" = "no"

    @property
    def has_digest(self) -> bool:
        """Whether people may get a weekly digest."""
        return self.digest == "yes"


@dataclass(frozen=True, kw_only=True)
class OptionalLinks(LedgerSettings):
    """Settings of functions whose messages link to the answer page where people may answer."""

    response_url: "str" = ""
    response_keyring: "str" = ""
