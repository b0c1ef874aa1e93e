"""A customer's own look: checked when set, readable in every colour, with its own templates."""

import re
from pathlib import Path

import pytest

from changecast.customer.compose.brand import Brand
from changecast.customer.mailing import MailKind, Variant
from tests.support.builders import change
from tests.support.mails import brand, html_of, mail, text_of


@pytest.mark.parametrize("color", ["blue", "#fff", "#12345g", "#123456;}</style>", ""])
def test_what_is_no_colour_is_refused(color: str) -> None:
    with pytest.raises(ValueError, match="not a colour"):
        brand(color=color)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "europe/madrid", "CET/x"])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="not an IANA time zone"):
        brand(timezone=zone)


COLORS = [
    "#000000", "#ffffff", "#0b57a4", "#ffcc00", "#777777", "#767676", "#ff0000", "#18212a",
    "#eef1f5",
    "#0000ff", "#00ff00", "#c2185b",
]  # fmt: skip


@pytest.mark.parametrize("color", COLORS)
def test_bar_and_button_stand_out_and_their_text_is_read_in_both_modes(color: str) -> None:
    """WCAG 1.4.11: 3:1 for a shape against its background; 1.4.3: 4.5:1 for its text."""
    html = html_of(mail(MailKind.APPROVAL_REQUEST, change(status="submitted"), color=color))
    light = re.findall(r'bgcolor="(#\w+)" class="bar"[^>]*?;color:(#\w+)', html)
    light += re.findall(r'bgcolor="(#\w+)" class="button".*?;color:(#\w+)', html, re.DOTALL)
    dark = re.findall(r"\.bar, \.button { background: (#\w+) !important; color: (#\w+)", html)
    assert len(light) >= 2
    assert len(dark) == 1
    for (shape, text), surfaces in [
        *((each, ("#ffffff", "#eef1f5")) for each in light),
        *((each, ("#18212a", "#0e141a")) for each in dark),
    ]:
        assert all(_contrast(shape, surface) >= 3 for surface in surfaces), (shape, surfaces)
        assert _contrast(text, shape) >= 4.5


def test_every_shape_has_its_colour_as_attribute_and_as_style() -> None:
    """Word goes by the attribute; SpamAssassin takes white text without the style for hidden."""
    html = html_of(mail(MailKind.APPROVAL_REQUEST, change(status="submitted")))
    shapes = re.findall(r'bgcolor="(#\w+)"([^>]*)', html)
    assert len(shapes) == 7
    for color, rest in shapes:
        assert f';background-color:{color}"' in rest


@pytest.mark.parametrize("color", ["#0b57a4", "#c2185b", "#0f6b4f"])
def test_a_colour_that_stands_out_is_the_customers_own(color: str) -> None:
    assert brand(color=color).light_color == color


@pytest.mark.parametrize(
    "url", ["http://logo.example/a.png", "javascript:x", 'https://a.example/"x', "logo.png"]
)
def test_a_logo_that_is_not_https_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not the address of a logo"):
        brand(logo_url=url, logo_text="x")


def test_a_logo_without_a_text_is_refused() -> None:
    with pytest.raises(ValueError, match="LogoText"):
        brand(logo_url="https://logo.example/a.png")


def test_a_logo_is_in_the_bar_with_its_text_and_one_for_the_dark() -> None:
    html = html_of(
        mail(
            logo_url="https://logo.example/a.png",
            logo_text='Provider "X"',
            dark_logo_url="https://logo.example/dark.png",
        )
    )
    assert html.count("<img ") == 2
    assert html.count('alt="Provider &#34;X&#34;"') == 2
    assert ".dark-logo { display: inline !important; }" in html
    assert "<img " not in html_of(mail())


def test_colour_footer_and_contact_are_in_the_mail() -> None:
    message = mail(color="#8a1538", footer="Acme Ltd.\nRegistered in Acme", support_contact="555")
    assert 'bgcolor="#8a1538" class="bar"' in html_of(message)
    assert "Acme Ltd.<br>\nRegistered in Acme" in html_of(message)
    assert text_of(message).rstrip().endswith("Acme Ltd.\nRegistered in Acme")
    assert "Contact: 555" in text_of(message)


def test_a_footer_is_text_too() -> None:
    assert "&lt;b&gt;" in html_of(mail(footer="<b>"))


def test_templates_of_a_folder_go_before_ours_and_may_extend_them(tmp_path: Path) -> None:
    own = (
        '{% extends "default/mail.html.j2" %}{% block bar %}'
        "<tr><td>Acme {{ content.kind }}</td></tr>{% endblock %}"
    )
    (tmp_path / "mail.html.j2").write_text(own, "utf-8")
    message = mail(templates=str(tmp_path), variant=Variant.FULL)
    assert "<td>Acme Planned change</td>" in html_of(message)
    assert 'class="bar"' not in html_of(message)
    assert "This change is planned for" in html_of(message)
    assert "This change is planned for" in text_of(message)


def test_a_list_id_is_a_host_name() -> None:
    assert brand(customer="acme-eu").list_label == "acme-eu"


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio, by its formula."""

    def luminance(color: str) -> float:
        channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_a_brand_is_a_value() -> None:
    assert brand() == Brand(**vars(brand()))
