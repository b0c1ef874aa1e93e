"""The lines in which workers run the tests: complete, and without a module that is gone."""

from itertools import chain
from pathlib import Path

from tests.support.lines import LINES

ROOT = Path(__file__).parents[2]


def test_each_module_of_a_line_is_there_once() -> None:
    named = [*chain(*LINES)]
    assert [name for name in named if not (ROOT / name).is_file()] == []
    assert len(named) == len(set(named))


def test_every_module_of_the_shared_cloud_waits_in_a_line() -> None:
    """One that is in none may deploy another cloud."""
    end_to_end = {f"tests/e2e/{path.name}" for path in (ROOT / "tests/e2e").glob("test_*.py")}
    assert end_to_end - set(chain(*LINES)) == set()
