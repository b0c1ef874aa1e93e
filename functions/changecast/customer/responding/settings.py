"""Settings of the functions behind the answer page."""

from dataclasses import dataclass

from changecast.customer.settings import BrandSettings, LedgerSettings, OptionalDigest


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
    """Settings of apply_preferences."""

    contact_list: "str"
