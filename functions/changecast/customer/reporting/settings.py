"""Settings of report_delivery."""

from dataclasses import dataclass

from changecast.customer.settings import LedgerSettings, OptionalAnswers


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
