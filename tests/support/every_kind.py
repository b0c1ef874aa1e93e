"""One mail of every kind and look, in any language: what the gallery and the client checks show."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from changecast.contract.change import Change
from changecast.customer.compose.digest import digest_mail
from changecast.customer.ledger.answers import ChangeView
from changecast.customer.mailing import MailKind
from changecast.customer.renderings.splice import load, splice
from changecast.customer.week import week_named
from tests.support.builders import NOW, change
from tests.support.mails import READER, brand, html_of, mail, parsed, text_of

WINDOW = {
    "start": "2027-01-21T22:00:00Z",
    "end": "2027-01-21T23:30:00Z",
    "timezone": "Europe/Madrid",
}
LATER = {
    "start": "2027-01-28T22:00:00Z",
    "end": "2027-01-29T05:30:00Z",
    "timezone": "Europe/Madrid",
}
SETTINGS = {
    "provider_name": "Provider",
    "footer": "Acme Industries · managed by Provider",
    "support_contact": "service-desk@provider.example",
}
PLAN = """We will:
•	Drain the sessions of **both** hosts
•	Patch the hosts
o	vpn-1
o	vpn-2

Host        Address      Window
vpn-1       10.0.0.1     22:00
vpn-2       10.0.0.22    22:30"""


@dataclass(frozen=True)
class Shown:
    """A mail to look at: its name, its kind, what it is about and what was told before."""

    name: str
    kind: MailKind
    change: Change
    previous: Change | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def in_language(self, language: str) -> tuple[str, str, str]:
        """Return subject, HTML and text of the mail in a language."""
        settings = {**SETTINGS, **self.settings, "language": language}
        message = mail(self.kind, self.change, previous=self.previous, **settings)
        html = html_of(message).replace("{{amazonSESUnsubscribeUrl}}", "https://u.example/")
        return str(message["Subject"]), html, text_of(message)


class Overview(Shown):
    """The weekly overview, with changes of several statuses."""

    def in_language(self, language: str) -> tuple[str, str, str]:
        """Return subject, HTML and text of the mail in a language."""
        week, settings = week_named("2027-01-18", "Europe/Madrid"), {**SETTINGS, **self.settings}
        start = week.begins + 39_600
        coming = [
            ChangeView(
                f"CHG-{at}", 1, "run", status, self.change.title, "", withdrawn=False,
                updated_at=0.0, window_start=start, window_end=start + 10_800,
            )
            for at, status in enumerate(("in_progress", "approved", "submitted"))
        ]  # fmt: skip
        rendering = load(digest_mail(week, coming, brand(**settings, language=language), NOW))
        message = parsed(splice(rendering, READER))
        html = html_of(message).replace("{{amazonSESUnsubscribeUrl}}", "https://u.example/")
        return str(message["Subject"]), html, text_of(message)


def every_kind() -> Iterator[Shown]:
    """Yield a mail of each kind, and of each look that a kind may have."""
    yield Shown("approval", MailKind.APPROVAL_REQUEST, about(status="submitted"))
    yield Shown("planned", MailKind.ANNOUNCEMENT, about())
    yield Shown("planned-action", MailKind.ANNOUNCEMENT, about(**ACTION))
    yield Shown("planned-no-impact", MailKind.ANNOUNCEMENT, about(customer_impact="None."))
    yield Shown("planned-unstated", MailKind.ANNOUNCEMENT, about(customer_impact=""))
    moved = about(revision=2, window=LATER, impact_level="outage")
    yield Shown("moved", MailKind.UPDATE, moved, about())
    changed = about(revision=2, customer_impact="Open sessions drop for up to 15 minutes.")
    yield Shown("changed", MailKind.UPDATE, changed, about())
    yield Shown("started", MailKind.STARTED, about(revision=2, status="in_progress"), about())
    yield Shown("reminder", MailKind.REMINDER, about())
    yield Overview("digest", MailKind.ANNOUNCEMENT, about())
    yield Shown("completed", MailKind.COMPLETED, about(revision=3, status="completed", **OUTCOME))
    cancelled = about(
        revision=2, status="cancelled", cancellation_reason="The vendor withdrew the fix."
    )
    yield Shown("cancelled", MailKind.CANCELLED, cancelled, about())
    yield Shown("withdrawn", MailKind.WITHDRAWN, about(revision=2), about())
    yield Shown("test", MailKind.ANNOUNCEMENT, about(test_run=True))
    yield Shown("notice", MailKind.ANNOUNCEMENT, notice())
    yield Shown(
        "notice-changed", MailKind.UPDATE, notice(revision=2, content="From May."), notice()
    )
    yield Shown("notice-cancelled", MailKind.CANCELLED, notice(revision=2, status="cancelled"))
    yield Shown("notice-withdrawn", MailKind.WITHDRAWN, notice(revision=2))
    yellow = {"color": "#ffcc00"}
    yield Shown(
        "approval-yellow", MailKind.APPROVAL_REQUEST, about(status="submitted"), None, yellow
    )


ACTION = {
    "action": "Log out before 22:00 and log in again afterwards.",
    "customer_details": {"acme": {"hosts": ["vpn-1", "vpn-2"], "reboot": True}},
}
OUTCOME = {
    "outcome": "Both hosts are patched. No session was lost.",
    "follow_up": "We watch both hosts until Friday evening.",
    "actual_start": "2027-01-21T22:05:00Z",
    "actual_end": "2027-01-21T23:10:00Z",
    "survey_url": "https://survey.provider.example/7",
}


def about(**fields: Any) -> Change:
    """Return a change with everything that a mail may show."""
    return change(
        **{
            "change_id": "CHG-20270114-k3p9xa",
            "title": "Patch the bastion hosts in eu-central-1",
            "window": WINDOW,
            "customer_impact": "Open sessions drop for up to 5 minutes.",
            "services": ["VPN", "SSH"],
            "reason": "A fix for a remote code execution fault: https://advisory.vendor.example/7.",
            "implementation_plan": PLAN,
            "test_plan": "Log in on both hosts.",
            "rollback_plan": "Restore the previous image; 10 minutes.",
            "tickets": {"servicenow": "CHG0042117", "jira": "OPS-912"},
            "links": [{"title": "Vendor advisory", "url": "https://advisory.vendor.example/7"}],
        }
        | fields
    )


def notice(**fields: Any) -> Change:
    """Return an announcement with a meeting."""
    return change(
        **{
            "kind": "announcement",
            "category": "finops",
            "window": None,
            "title": "Savings plans for the coming year",
            "summary": "Prices fall.",
            "content": "From April.",
            "meeting": {
                "start": "2027-03-10T15:00:00Z",
                "title": "Questions and answers",
                "join_url": "https://meet.provider.example/f",
            },
        }
        | fields
    )
