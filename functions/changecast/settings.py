"""What a function is told by its template: read once from the environment, all of it required."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
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
class Plan(FromEnvironment):
    """What plan_delivery needs to know."""

    customer_code: "str"
    customer_name: "str"
    environment: "str"
    ledger_table: "str"
    ledger_ttl_days: "int"
    unknown_window_minutes: "int"
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


@dataclass(frozen=True)
class Send(FromEnvironment):
    """What send_mail needs to know."""

    customer_code: "str"
    ledger_table: "str"
    ledger_ttl_days: "int"
    unknown_window_minutes: "int"
    lease_seconds: "int"
    mails_bucket: "str"
    deliveries_queue_url: "str"
    reports_queue_url: "str"
    contact_list: "str"
    configuration_set: "str"
    sender: "str"


@dataclass(frozen=True)
class Report(FromEnvironment):
    """What report_delivery needs to know."""

    customer_code: "str"
    ledger_table: "str"
    ledger_ttl_days: "int"
    unknown_window_minutes: "int"
    hub_bus_arn: "str"
    account: "str"


@dataclass(frozen=True)
class Outcomes(FromEnvironment):
    """What record_outcome needs to know."""

    customer_code: "str"
    ledger_table: "str"
    ledger_ttl_days: "int"
    unknown_window_minutes: "int"
    reports_queue_url: "str"


@dataclass(frozen=True)
class Sweep(FromEnvironment):
    """What sweep needs to know."""

    customer_code: "str"
    ledger_table: "str"
    ledger_ttl_days: "int"
    unknown_window_minutes: "int"
    unknown_policy: "str"
    deliveries_queue_url: "str"
    reports_queue_url: "str"


@dataclass(frozen=True)
class Track(FromEnvironment):
    """What track_status needs to know."""

    status_table: "str"
