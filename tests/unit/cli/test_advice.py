"""What somebody is told to type next."""

from pathlib import Path

import pytest

from changecast_cli.verbs import VERBS
from changecast_cli.watching.advice import next_steps
from changecast_cli.watching.runs import BAD_STATES, run_of

ROOT = Path(__file__).parents[3]


def steps(**row: object) -> list[str]:
    known = {"change_id": "CHG-1", "customer": "acme", "revision": 1, "state": "sent", **row}
    return list(next_steps(run_of("CHG-1", [known])))


@pytest.mark.parametrize("state", sorted(BAD_STATES))
def test_every_trouble_has_a_verb_that_exists_and_a_page(state: str) -> None:
    (step,) = steps(state=state)
    who, _, rest = step.partition(": ")
    command, _, page = rest.partition("    (")
    assert who == "acme"
    assert command.split()[1] in VERBS
    assert command.endswith("--customer acme")
    assert (ROOT / page.removesuffix(")")).is_file()


def test_a_rejection_beside_a_good_delivery_is_told_too() -> None:
    (step,) = steps(rejection={"message": "other content"})
    assert "rejected.md" in step


@pytest.mark.parametrize("state", ["sent", "sending", "superseded", "announced"])
def test_where_all_is_well_nothing_is_to_be_done(state: str) -> None:
    assert steps(state=state) == []
