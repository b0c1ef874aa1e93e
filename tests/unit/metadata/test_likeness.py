"""Whom somebody may have meant."""

from changecast.likeness import known_names


def test_a_few_are_all_named() -> None:
    assert known_names("acmee", ["globex", "acme"]) == "known: acme, globex"
    assert known_names("acme", []) == "known: none"


def test_of_many_only_those_that_look_alike_are_named() -> None:
    many = [f"fleet-{number:04}" for number in range(1_000)]
    said = known_names("acmee", ["acme", *many])
    assert said == "1001 are known; most like it: acme"
    assert len(known_names("fleet-001", many)) < 100
    assert known_names("%%%", many) == "1000 are known; most like it: none"
