"""The embedded cloud's evaluator answers as the picture has it, or its tests would prove little."""

from tests.isolation import second_opinion
from tests.isolation.cases import cases
from tests.isolation.pairs import pairs
from tests.isolation.questions import matrix
from tests.isolation.world import deployed


def test_the_embedded_cloud_differs_in_clear_text_only() -> None:
    """It has no TLS on this machine, so it takes every call for one over TLS."""
    world = deployed(2)
    asked = [*cases(world), *pairs(world), *matrix(world)]
    questions = [question for question in asked if question.request.principal is not None]

    with second_opinion.patched():
        other = {
            question.says
            for question in questions
            if second_opinion.allowed(question.request) != question.expected
        }

    assert len(questions) > 5_000
    assert other == {says for says in other if says.endswith("in clear text")}
