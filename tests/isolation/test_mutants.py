"""Every planted weakening of a policy is found; nothing is found in the policies as they are."""

import pytest

from tests.isolation.mutants import MUTANTS, Mutant
from tests.isolation.mutants.hunt import hunt

Killers = dict[str, list[str]]


@pytest.fixture(scope="module")
def killers() -> Killers:
    return hunt()


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.says for mutant in MUTANTS])
def test_a_weakened_policy_is_found(mutant: Mutant, killers: Killers) -> None:
    assert killers[mutant.says]


def test_there_are_enough_of_them_and_each_is_another_one() -> None:
    assert len({mutant.says for mutant in MUTANTS}) == len(MUTANTS) >= 15
