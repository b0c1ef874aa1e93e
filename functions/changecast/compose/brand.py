"""Whose mail it is: what a customer's stack says about look, language and people to ask."""

import re
from dataclasses import dataclass

from changecast.fields import time_zones

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Brand:
    """One customer's settings for its mails. `color` is #rrggbb, `timezone` an IANA name.

    `templates` is a folder whose files come before the templates of the same name here.
    ValueError where the colour or the zone is none, so that a wrong stack fails its cold start.
    """

    customer: str
    customer_name: str
    sender: str
    sender_name: str
    support_contact: str
    language: str
    timezone: str
    color: str = "#0b57a4"
    footer: str = ""
    templates: str = ""

    def __post_init__(self) -> None:
        if not _COLOR.fullmatch(self.color):
            raise ValueError(f"{self.color!r} is not a colour like #0b57a4")
        if self.timezone not in time_zones():
            raise ValueError(f"{self.timezone!r} is not an IANA time zone like Europe/Madrid")

    @property
    def sender_domain(self) -> str:
        """The domain that the mails come from."""
        return self.sender.rpartition("@")[2]

    @property
    def list_label(self) -> str:
        """The customer's code as one DNS label (RFC 2919 list ids look like host names)."""
        return re.sub(r"[^a-z0-9-]", "-", self.customer.lower())

    @property
    def ink(self) -> str:
        """Black or white, whichever reads better on the colour; never below 4.5:1 (WCAG 1.4.3)."""
        return "#ffffff" if 1.05 / (_luminance(self.color) + 0.05) >= 4.5 else "#000000"


def _luminance(color: str) -> float:
    """WCAG 2.2 relative luminance, 0 (black) to 1 (white)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
