"""Whom somebody may have meant."""

import time

from changecast.hub.name_suggestions import HINTED, did_you_mean, known_names


def test_a_few_are_all_named() -> None:
    assert known_names("umbra", ["globex", "acme"]) == "known: acme, globex"
    for slip in ("acmee", "Acme", "acme ", "amce"):
        said = known_names(slip, ["globex", "acme"])
        assert said == "did you mean 'acme'? known: acme, globex"
    assert known_names("acme", []) == "known: none"


def test_of_many_only_those_that_look_alike_are_named() -> None:
    many = [f"fleet-{number:04}" for number in range(1_000)]
    said = known_names("acmee", ["acme", *many])
    assert said == "1001 are known; most similar: acme"
    assert len(known_names("fleet-001", many)) < 100
    assert known_names("%%%", many) == "1000 are known; most similar: none"
    assert known_names("FLEET-0001", many).startswith("1000 are known; most similar: fleet-0001")


def test_only_the_first_of_many_unknown_names_have_a_hint() -> None:
    """A document that is wrong throughout must still be refused in time."""
    many = [f"fleet-{number:04}" for number in range(1_000)]
    began = time.process_time()
    said = did_you_mean([f"fleeet-{number:04}" for number in range(2_000)], many)
    assert time.process_time() - began < 2
    assert [bool(hint) for hint in said] == [True] * HINTED + [False] * (2_000 - HINTED)
