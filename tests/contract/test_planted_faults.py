"""A fault that `make mutants` plants still has its place in the product."""

from pathlib import Path

import pytest

from tests.mutants.faults import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_can_be_planted(mutant: Mutant) -> None:
    for edit in mutant.edits:
        assert edit.old in (ROOT / edit.path).read_text("utf-8"), f"{edit.path} has no {edit.old!r}"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_names_tests_that_are_there(mutant: Mutant) -> None:
    assert (ROOT / "tests" / mutant.near).exists()
