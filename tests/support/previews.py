"""Previews of every sample for one of its customers, in any language."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from changecast.customer.compose.brand import Brand
from changecast.hub.announcing.metadata import Document, read_document
from changecast_cli.preview.life import Life, life_of
from tests.support.builders import NAMES, SAMPLES

WHEN = datetime(2027, 1, 16, 8, 5, tzinfo=UTC)
ZONES = {"acme": "Europe/Madrid", "globex": "Europe/Berlin", "initech": "America/New_York"}
COLORS = {"acme": "#0b57a4", "globex": "#0f6b4f", "initech": "#ffcc00"}


@dataclass(frozen=True)
class Shown:
    """A sample, whose mails are shown, and what that customer was told before."""

    sample: str
    customer: str
    previous: str | None = None

    @property
    def name(self) -> str:
        """A name for a folder: sample and customer."""
        return f"{self.sample}-{self.customer}"


ALL = (
    Shown("a-current-approved", "acme"),
    Shown("a-current-rescheduled", "acme", "a-current-approved"),
    Shown("a-current-rescheduled", "globex", "a-current-approved"),
    Shown("a-current-rescheduled", "initech", "a-current-approved"),
    Shown("b-form-export", "globex"),
    Shown("c-early-camel", "globex"),
    Shown("c-names-only", "acme"),
    Shown("d-flat", "initech"),
    Shown("e-announcement", "initech"),
)


def brand_for(customer: str, language: str) -> Brand:
    """A brand of the customer's own."""
    return Brand(
        customer=customer,
        customer_name=NAMES[customer],
        sender=f"changes@{customer}.example",
        sender_name="Provider operations",
        support_contact="service-desk@provider.example",
        language=language,
        timezone=ZONES[customer],
        color=COLORS[customer],
        footer=f"{NAMES[customer]} · managed by Provider",
    )


def life(shown: Shown, language: str) -> Life:
    """Every mail of a sample's life for one customer."""
    before = _read(shown.previous) if shown.previous else None
    brand = brand_for(shown.customer, language)
    return life_of(_read(shown.sample), before, brand, WHEN)


def _read(sample: str) -> Document:
    return read_document((Path(SAMPLES) / f"{sample}.json").read_bytes(), change_id=None)
