"""docs/reference/ says what the program, the schemas and the templates say."""

import pytest

from testbed.reference import FOLDER, PAGES, events, metrics


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_reference_is_current(name: str) -> None:
    written = (FOLDER / name).read_text("utf-8")
    assert written == PAGES[name](), "run make docs-reference and commit the page"


def test_every_metric_has_a_meaning_and_no_meaning_lacks_its_metric() -> None:
    assert set(metrics.published()) == set(metrics.MEANINGS)


@pytest.mark.parametrize("event", events.EVENTS)
def test_every_field_of_an_event_has_a_meaning(event: str) -> None:
    rows = [line.split(" | ") for line in events.page().splitlines() if line.startswith("| `")]
    assert rows
    assert [row[0] for row in rows if row[-1].strip(" |") == ""] == []
