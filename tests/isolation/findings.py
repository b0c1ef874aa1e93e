"""What was asked and answered, gathered for people: rights, cases, pairs, mutants."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.isolation.questions import Question


@dataclass(frozen=True)
class Rights:
    """What one kind of principal may do: (where, thing) -> actions; and how much it was refused."""

    allowed: Mapping[tuple[str, str], Sequence[str]]
    refused: int


@dataclass(frozen=True)
class Findings:
    """A whole run. `customers` in pairs; `wrong` are the sentences that must not be there."""

    customers: Sequence[str]
    rights: Mapping[str, Rights]
    cases: Sequence[tuple[str, bool, bool]]
    bad_pairs: frozenset[tuple[str, str]]
    mutants: Mapping[str, Sequence[str]]
    wrong: Sequence[str]
    asked: int
    seconds: float


def rights_of(answered: Iterable[tuple[Question, bool]]) -> dict[str, Rights]:
    """Principal kind -> its rights, from the answers to the matrix."""
    allowed: dict[str, dict[tuple[str, str], list[str]]] = defaultdict(dict)
    refused: dict[str, int] = defaultdict(int)
    for question, answer in answered:
        kind, where, name = question.row
        if not answer:
            refused[kind] += 1
        elif question.request.action not in (done := allowed[kind].setdefault((where, name), [])):
            done.append(question.request.action)
    kinds = dict.fromkeys([*allowed, *refused])
    return {kind: Rights(allowed.get(kind, {}), refused[kind]) for kind in kinds}
