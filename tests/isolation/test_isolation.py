"""A hub and three customers as the templates deploy them: only what the picture draws."""

from itertools import chain

import pytest

from testbed.expand import TEMPLATES, expanded
from tests.isolation.arns import FORMS
from tests.isolation.cases import cases
from tests.isolation.engine import answers
from tests.isolation.pairs import pairs
from tests.isolation.picture import PICTURE
from tests.isolation.questions import ACTIONS, Question, homes, matrix, wrong
from tests.isolation.statements import too_wide
from tests.isolation.world import World, deployed


@pytest.fixture(scope="module")
def world() -> World:
    return deployed(3)


@pytest.fixture(scope="module")
def without_keys() -> World:
    return deployed(1, keyed=False)


def _wrong(questions: list[Question]) -> list[str]:
    return wrong(questions, answers([question.request for question in questions]))


def test_everybody_may_do_what_the_picture_draws_and_nothing_else(world: World) -> None:
    assert _wrong(list(matrix(world))) == []


def test_the_same_holds_where_no_account_has_a_key_of_its_own(without_keys: World) -> None:
    assert _wrong(list(homes(without_keys))) == []


def test_every_try_that_people_think_of_ends_as_it_should(world: World) -> None:
    assert _wrong(cases(world)) == []


def test_no_customer_reaches_another(world: World) -> None:
    assert _wrong(list(pairs(world))) == []


def test_no_statement_says_more_than_it_needs_to(world: World, without_keys: World) -> None:
    assert too_wide(world) + too_wide(without_keys) == []


def test_every_right_of_the_picture_is_asked_for(world: World, without_keys: World) -> None:
    """A right under a misspelt name would never be asked for, and so never be missed."""
    asked = {
        (q.row[0].removeprefix("route's "), q.row[2], q.request.action)
        for q in chain(matrix(world), homes(without_keys))
    }
    drawn = {
        (kind, right.name, action)
        for kind, rights in PICTURE.items()
        for right in rights
        for action in right.actions
    }

    assert drawn <= asked


def test_without_operator_parameters_nobody_operates() -> None:
    world = deployed(1, customer={"OperatorExternalId": ""})

    assert not [who for who in world.principals if who.kind == "OperatorRole"]


# What grants nothing and holds nothing: its rights and contents are those of its neighbours.
WITHOUT_CONTENT = {
    # Anybody may call the page: what its function may do is in test_answers.py.
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::EventBusPolicy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SES::ConfigurationSetEventDestination",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}


def test_every_kind_of_resource_is_asked_about() -> None:
    """A new kind of resource must not stay outside the matrix because nobody thought of it."""
    kinds = {
        resource["Type"] for path in TEMPLATES for resource in expanded(path)["Resources"].values()
    }

    assert kinds - WITHOUT_CONTENT <= set(ACTIONS) & set(FORMS)
