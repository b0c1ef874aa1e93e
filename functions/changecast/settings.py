"""What a function is told by its template: read once from the environment, all of it required."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Self, TypeVar

_Settings = TypeVar("_Settings", bound="FromEnvironment")


class FromEnvironment:
    """A frozen dataclass whose fields are environment variables of the same name in upper case."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """The settings; KeyError names a variable that is missing, and fails the cold start."""
        kinds = {"int": int, "float": float, "str": str}
        values = {
            spec.name: kinds[str(spec.type)](environ[spec.name.upper()])
            for spec in fields(cls)  # type: ignore[arg-type]
        }
        return cls(**values)


@dataclass(frozen=True)
class WithLedger(FromEnvironment):
    """What every function that opens the ledger needs to know."""

    customer_code: "str"
    ledger_table: "str"
    ledger_ttl_days: "int"
    unknown_window_minutes: "int"

    @property
    def keep_seconds(self) -> float:
        """How long the ledger remembers."""
        return self.ledger_ttl_days * 86_400.0

    @property
    def window_seconds(self) -> float:
        """How long an unanswered mail waits for evidence."""
        return self.unknown_window_minutes * 60.0


@dataclass(frozen=True)
class Plan(WithLedger):
    """What plan_delivery needs to know."""

    customer_name: "str"
    environment: "str"
    mails_bucket: "str"
    deliveries_queue_url: "str"
    reports_queue_url: "str"
    announcements_dlq_url: "str"
    contact_list: "str"
    sender: "str"
    sender_name: "str"
    support_contact: "str"
    language: "str"
    timezone: "str"
    brand_color: "str"
    brand_footer: "str"
    allowed_recipients: "str"
    batch_size: "int"
    max_mails_per_day: "int"
    max_announcements_per_hour: "int"
    max_list_growth: "int"
    allowed_link_domains: "str"

    @property
    def allow_list(self) -> frozenset[str]:
        """Addresses and @domains that may be mailed outside `prod` and in tests."""
        return _listed(self.allowed_recipients)

    @property
    def link_domains(self) -> frozenset[str]:
        """The domains that an announced change may lead to; none named is any."""
        return _listed(self.allowed_link_domains)


def _listed(setting: str) -> frozenset[str]:
    return frozenset(setting.lower().replace(",", " ").split())


@dataclass(frozen=True)
class Send(WithLedger):
    """What send_mail needs to know."""

    lease_seconds: "int"
    mails_bucket: "str"
    deliveries_queue_url: "str"
    reports_queue_url: "str"
    contact_list: "str"
    configuration_set: "str"
    sender: "str"


@dataclass(frozen=True)
class Report(WithLedger):
    """What report_delivery needs to know.

    A run stops where more than so many percent of its mails bounced or drew a complaint.
    """

    hub_bus_arn: "str"
    account: "str"
    bounce_limit_percent: "float"
    complaint_limit_percent: "float"

    @property
    def hub_region(self) -> str:
        """Where the hub is: a bus takes events at its own Region's endpoint only."""
        return self.hub_bus_arn.split(":")[3]


@dataclass(frozen=True)
class Outcomes(WithLedger):
    """What record_outcome needs to know."""

    reports_queue_url: "str"


@dataclass(frozen=True)
class Sweeping(WithLedger):
    """What sweep needs to know."""

    unknown_policy: "str"
    deliveries_queue_url: "str"
    reports_queue_url: "str"
    outcomes_queue_url: "str"
    outcomes_dlq_url: "str"


@dataclass(frozen=True)
class _OfHub(FromEnvironment):
    """What every function of the hub needs to know."""

    status_table: "str"
    report_deadline_minutes: "int"

    @property
    def patience(self) -> timedelta:
        """How long the hub waits for a customer's next news."""
        return timedelta(minutes=self.report_deadline_minutes)


@dataclass(frozen=True)
class Track(_OfHub):
    """What track_status needs to know."""

    status_dlq_url: "str"


@dataclass(frozen=True)
class Watch(_OfHub):
    """What watch needs to know."""

    alerts_topic_arn: "str"


@dataclass(frozen=True)
class Canary(FromEnvironment):
    """What canary needs to know."""

    status_table: "str"
    canary_customers: "str"

    @property
    def chosen(self) -> list[str]:
        """The codes to fly to; empty is everybody who is registered."""
        return [code.strip() for code in self.canary_customers.split(",") if code.strip()]


@dataclass(frozen=True)
class Intake(FromEnvironment):
    """What intake needs to know."""

    status_table: "str"
    alerts_topic_arn: "str"
