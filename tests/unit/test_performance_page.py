from pathlib import Path
from typing import Any

import pytest

from benchmarks.performance import BEGIN, END, write


def line(measure: str, **fields: Any) -> dict[str, Any]:
    return {
        "measure": measure, "value": 1234.5, "unit": "mails/s", "peer": None, "ratio": None,
        "goal": ">= 800", "met": True,
    } | fields  # fmt: skip


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "performance.md"
    path.write_text(f"# Before\n{BEGIN}{END}\nAfter\n", "utf-8")
    return path


def test_a_measure_is_a_row_that_says_what_prints_it(page: Path) -> None:
    write({"sending": [line("rate")]}, page)

    row = "| `rate` | 1,234.5 mails/s |  |  | >= 800 | yes | `make bench MEASURES=sending` |\n"
    assert row in page.read_text("utf-8")


def test_rows_that_were_not_taken_now_and_what_people_wrote_stay(page: Path) -> None:
    write({"sending": [line("rate"), line("cpu", met=False)]}, page)
    write({"sending": [line("rate", value=9)]}, page)

    text = page.read_text("utf-8")
    assert text.startswith("# Before\n")
    assert text.endswith("\nAfter\n")
    assert "| `rate` | 9 mails/s |" in text
    assert "**no**" in text
    assert text.count("`rate`") == 1
