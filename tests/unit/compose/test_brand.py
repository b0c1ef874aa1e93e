"""A customer's own look: checked when made, readable in every colour, templates of its own."""

from pathlib import Path

import pytest

from changecast.compose.brand import Brand
from changecast.plan import Variant
from tests.support.mails import brand, html_of, mail, text_of


@pytest.mark.parametrize("color", ["blue", "#fff", "#12345g", "#123456;}</style>", ""])
def test_what_is_no_colour_is_refused(color: str) -> None:
    with pytest.raises(ValueError, match="not a colour"):
        brand(color=color)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "europe/madrid", "CET/x"])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="not an IANA time zone"):
        brand(timezone=zone)


@pytest.mark.parametrize(
    "color", ["#000000", "#ffffff", "#0b57a4", "#ffcc00", "#777777", "#767676", "#ff0000"]
)
def test_text_on_the_brands_colour_has_a_contrast_of_4_5(color: str) -> None:
    chosen = brand(color=color)
    assert _contrast(chosen.ink, color) >= 4.5


def test_colour_footer_and_contact_are_in_the_mail() -> None:
    message = mail(color="#8a1538", footer="Acme Ltd.\nRegistered in Acme", support_contact="555")
    assert "background-color: #8a1538; color: #ffffff" in html_of(message)
    assert "Acme Ltd.<br>\nRegistered in Acme" in html_of(message)
    assert text_of(message).rstrip().endswith("Acme Ltd.\nRegistered in Acme")
    assert "Questions to: 555" in text_of(message)


def test_a_footer_is_text_too() -> None:
    assert "&lt;b&gt;" in html_of(mail(footer="<b>"))


def test_templates_of_a_folder_go_before_ours_and_may_extend_them(tmp_path: Path) -> None:
    own = (
        '{% extends "default/mail.html.j2" %}{% block bar %}<p>Acme {{ content.kind }}</p>'
        "{% endblock %}"
    )
    (tmp_path / "mail.html.j2").write_text(own, "utf-8")
    message = mail(templates=str(tmp_path), variant=Variant.FULL)
    assert "<p>Acme Planned change</p>" in html_of(message)
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
