"""Mails as Gmail, new Outlook and classic Outlook change them: nothing essential is lost.

caniemail.com's data says what these support: tests/npm/clients.mjs takes out
everything else, in headless Chromium.
"""

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.support.every_kind import Shown, every_kind
from tests.support.mails import squeezed

CLIENTS = ("gmail", "new-outlook", "classic-outlook")
WIDTHS = (375, 1000)
Found = dict[str, Any]


@pytest.fixture(scope="module")
def seen(
    tmp_path_factory: pytest.TempPathFactory, browser: Callable[[list[Found]], list[Found]]
) -> dict[tuple[str, str], Found]:
    """Return the findings for every kind of mail in every client, and in a browser (client "")."""
    folder = tmp_path_factory.mktemp("clients")
    kinds = {shown.name: shown for shown in every_kind()}
    pairs = list(product(kinds, ("", *CLIENTS)))
    jobs = [_job(_page(folder, kinds[name]), client) for name, client in pairs]
    return dict(zip(pairs, browser(jobs), strict=True))


def test_every_word_is_still_there(seen: dict[tuple[str, str], Found]) -> None:
    for (name, client), found in seen.items():
        whole = squeezed(seen[name, ""]["views"][1]["text"])
        assert squeezed(found["views"][1]["text"]) == whole, (name, client)


def test_the_card_is_a_card(seen: dict[tuple[str, str], Found]) -> None:
    for (name, client), found in seen.items():
        narrow, wide = (view["parts"] for view in found["views"])
        assert wide["card"]["background"] == "rgb(255, 255, 255)", (name, client)
        assert wide["page"]["background"] == "rgb(238, 241, 245)", (name, client)
        assert 600 <= wide["card"]["width"] <= 660, (name, client)
        for part in ("bar", "kind", "in"):
            assert wide[part]["padding"] >= 6, (name, client, part)
            assert narrow[part]["padding"] >= 6, (name, client, part)


def test_bar_kind_facts_and_button_keep_their_colours(seen: dict[tuple[str, str], Found]) -> None:
    for (name, client), found in seen.items():
        whole = seen[name, ""]["views"][1]["parts"]
        parts = found["views"][1]["parts"]
        for part in ("bar", "kind", "facts", "button", "in"):
            if whole[part] is None:
                continue
            same = {key: parts[part][key] for key in ("color", "background")}
            assert same == {key: whole[part][key] for key in same}, (name, client, part)
            assert _contrast(parts[part]["color"], parts[part]["background"]) >= 4.5, (name, client)


def test_a_button_has_room_around_its_words(seen: dict[tuple[str, str], Found]) -> None:
    shown = 0
    for (name, client), found in seen.items():
        for view in found["views"]:
            if button := view["parts"]["button"]:
                shown += 1
                assert button["padding"] >= 10, (name, client)
                assert button["height"] >= 40, (name, client)
                assert _contrast(button["background"], button["around"]) >= 3, (name, client)
    assert shown >= 2 * len(CLIENTS)


def test_the_note_of_a_test_has_room_around_its_words(seen: dict[tuple[str, str], Found]) -> None:
    for client in ("", *CLIENTS):
        for view in seen["test", client]["views"]:
            assert view["parts"]["test"]["padding"] >= 10, client


def test_facts_have_room_around_their_words(seen: dict[tuple[str, str], Found]) -> None:
    for (name, client), found in seen.items():
        for view in found["views"]:
            if facts := view["parts"]["facts"]:
                assert facts["background"] == "rgb(243, 246, 249)", (name, client)


def test_what_to_do_is_set_apart_with_room_around_its_words(
    seen: dict[tuple[str, str], Found],
) -> None:
    for name, client in product(("planned-action", "approval"), ("", *CLIENTS)):
        for view in seen[name, client]["views"]:
            asked = view["parts"]["asked"]
            assert asked["padding"] >= 10, (name, client)
            assert asked["background"] != asked["around"], (name, client)
            assert _contrast(asked["color"], asked["background"]) >= 4.5, (name, client)


def test_all_values_start_at_one_edge(seen: dict[tuple[str, str], Found]) -> None:
    for (name, client), found in seen.items():
        edges = found["views"][1]["values"]
        assert max(edges) - min(edges) <= 1, (name, client, edges)


def test_no_mail_is_wider_than_a_phone_but_in_word(seen: dict[tuple[str, str], Found]) -> None:
    """Classic Outlook runs on no phone: there the card has a fixed width."""
    for (name, client), found in seen.items():
        if client != "classic-outlook":
            assert found["views"][0]["scrollWidth"] <= 375, (name, client)


def test_each_kind_has_a_colour_of_its_own(seen: dict[tuple[str, str], Found]) -> None:
    kinds = ("approval", "planned", "moved", "started", "completed", "cancelled", "withdrawn")
    for client in ("", *CLIENTS):
        colours = {seen[kind, client]["views"][1]["parts"]["kind"]["background"] for kind in kinds}
        assert len(colours) == len(kinds), client


def _page(folder: Path, shown: Shown) -> Path:
    page = folder / f"{shown.name}.html"
    _, html, _ = shown.in_language("en")
    page.write_text(html, "utf-8")
    return page


def _job(page: Path, client: str) -> Found:
    views = [{"width": width, "dark": False} for width in WIDTHS]
    return {"page": str(page), "views": views, "axe": False} | (
        {"client": client} if client else {}
    )


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two colours as a browser computes them."""

    def luminance(color: str) -> float:
        channels = [int(found) / 255 for found in re.findall(r"\d+", color)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
