"""A customer's settings for its mails: look, language and support contact."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from changecast.contract.fields import time_zones

if TYPE_CHECKING:
    from changecast.customer.settings import BrandSettings

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_HTTPS = re.compile(r"https://[^\s\"'<>\\]{1,500}")
# Backgrounds of buttons and bars in both modes, as in templates/look.j2 and mail.css.
LIGHT_SURFACES = ("#ffffff", "#eef1f5")
DARK_SURFACES = ("#18212a", "#0e141a")
# WCAG 1.4.11 for a shape, 1.4.3 for a text.
_SHAPE, _TEXT = 3.0, 4.5


@dataclass(frozen=True)
class Brand:
    """One customer's settings for its mails. `color` is #rrggbb, `timezone` an IANA name.

    `templates` is a folder whose files replace our templates of the same name. With `responses`,
    each mail links to its reader's own answer page; the link is the gap RESPONSE of the rendering
    (renderings/splice.py). Raises ValueError if the colour, the zone or a logo's address is
    invalid, or a logo has no text, so that a stack with wrong settings fails at its cold start.
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
    provider_name: str = ""
    logo_url: str = ""
    logo_text: str = ""
    dark_logo_url: str = ""
    responses: bool = False

    def __post_init__(self) -> None:
        if not _COLOR.fullmatch(self.color):
            raise ValueError(f"{self.color!r} is not a colour: write it like #0b57a4")
        if self.timezone not in time_zones():
            raise ValueError(
                f"{self.timezone!r} is not an IANA time zone: use a name such as Europe/Madrid"
            )
        for url in filter(None, (self.logo_url, self.dark_logo_url)):
            if not _HTTPS.fullmatch(url):
                raise ValueError(f"{url!r} is not the address of a logo: use an https:// address")
        if self.logo_url and not self.logo_text.strip():
            raise ValueError("a logo needs a text for readers who do not load images (LogoText)")

    @property
    def sender_domain(self) -> str:
        """Domain of the sender's address."""
        return self.sender.rpartition("@")[2]

    @property
    def list_label(self) -> str:
        """The customer's code as one DNS label (RFC 2919 list ids look like host names)."""
        return re.sub(r"[^a-z0-9-]", "-", self.customer.lower())

    @property
    def light_color(self) -> str:
        """The colour with enough contrast on a light mail: the customer's own, or a darker one."""
        return _standing_out(self.color, LIGHT_SURFACES, "#000000")

    @property
    def dark_color(self) -> str:
        """The colour with enough contrast on a dark mail: the customer's own, or a lighter one."""
        return _standing_out(self.color, DARK_SURFACES, "#ffffff")


def brand_of(settings: "BrandSettings", **more: Any) -> Brand:
    """Return the brand that an account's settings describe; `more` are further fields of it."""
    return Brand(
        customer=settings.customer_code,
        customer_name=settings.customer_name,
        sender=settings.sender,
        sender_name=settings.sender_name,
        support_contact=settings.support_contact,
        language=settings.language,
        timezone=settings.timezone,
        color=settings.brand_color,
        footer=settings.brand_footer,
        provider_name=settings.provider_name,
        **more,
    )


def ink_on(color: str) -> str:
    """Return black or white, whichever reads better on a colour; never below 4.5:1."""
    return "#ffffff" if contrast(color, "#ffffff") >= _TEXT else "#000000"


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours by WCAG 2.2: 1 (none) to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _standing_out(color: str, surfaces: tuple[str, ...], towards: str) -> str:
    """Mix the colour with just enough black or white to reach 3:1 against every surface."""
    mixed = (_mixed(color, towards, part / 20) for part in range(21))
    return next(each for each in mixed if min(contrast(each, on) for on in surfaces) >= _SHAPE)


def _mixed(color: str, other: str, part: float) -> str:
    channels = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * part):02x}" for one, two in channels)


def _channels(color: str) -> tuple[int, ...]:
    return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))


def _luminance(color: str) -> float:
    """Return the WCAG 2.2 relative luminance, 0 (black) to 1 (white)."""
    parts = [channel / 255 for channel in _channels(color)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
