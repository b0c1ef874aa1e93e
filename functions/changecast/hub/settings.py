"""Settings that the hub's functions read from their environment."""

from dataclasses import dataclass
from datetime import timedelta

from changecast.lambdas.settings import FromEnvironment


@dataclass(frozen=True)
class _HubSettings(FromEnvironment):
    """Settings of every function of the hub."""

    status_table: "str"
    report_deadline_minutes: "int"

    @property
    def time_to_report(self) -> timedelta:
        """The time within which a customer must send its next report."""
        return timedelta(minutes=self.report_deadline_minutes)


@dataclass(frozen=True)
class TrackSettings(_HubSettings):
    """Settings of track_status."""

    status_dlq_url: "str"
    hub_bus: "str"


@dataclass(frozen=True)
class WatchSettings(_HubSettings):
    """Settings of watch."""

    alerts_topic_arn: "str"


@dataclass(frozen=True)
class CanarySettings(FromEnvironment):
    """Settings of canary."""

    status_table: "str"
    canary_customers: "str"

    @property
    def chosen(self) -> list[str]:
        """Codes to send canaries to; empty means every registered customer."""
        return [code.strip() for code in self.canary_customers.split(",") if code.strip()]


@dataclass(frozen=True)
class PublishSettings(FromEnvironment):
    """Settings of publish_approved."""

    status_table: "str"
    intake_bucket: "str"


@dataclass(frozen=True)
class IntakeSettings(FromEnvironment):
    """Settings of intake."""

    status_table: "str"
    alerts_topic_arn: "str"
