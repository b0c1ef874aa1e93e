"""Dead letters return to their queue, as SQS's redrive moves them."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from botocore.exceptions import ClientError

from tests.integration.local import stage
from tests.integration.local.deploying import Deployer, allowing

Account = Callable[[], stage.Account]
MOVES = ("sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage",
         "sqs:GetQueueAttributes")  # fmt: skip


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def here(account: Account) -> stage.Account:
    return account()


class Queues:
    """A queue, and where its letters go after one receipt."""

    def __init__(self, here: stage.Account) -> None:
        self.sqs = here.client("sqs")
        self.dead = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        redrive = {"deadLetterTargetArn": self.arn("dead"), "maxReceiveCount": 1}
        self.live = self.sqs.create_queue(
            QueueName="live",
            Attributes={"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "0"},
        )["QueueUrl"]

    def arn(self, name: str) -> str:
        url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def bury(self, body: str) -> None:
        """Let a message fail once, so that SQS moves it to the dead letters."""
        self.sqs.send_message(QueueUrl=self.live, MessageBody=body)
        for _ in range(2):
            self.sqs.receive_message(QueueUrl=self.live)

    def bodies(self, url: str) -> list[str]:
        found = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0
        ).get("Messages", [])
        return sorted(one["Body"] for one in found)


def test_letters_go_back_to_their_own_queue(here: stage.Account) -> None:
    queues = Queues(here)
    queues.bury("one")
    assert queues.bodies(queues.dead) == ["one"]
    assert queues.sqs.start_message_move_task(SourceArn=queues.arn("dead"))["TaskHandle"]
    assert queues.bodies(queues.dead) == []
    assert queues.bodies(queues.live) == ["one"]


def test_what_a_person_put_there_needs_a_destination(here: stage.Account) -> None:
    queues = Queues(here)
    queues.sqs.send_message(QueueUrl=queues.dead, MessageBody="parked")
    queues.sqs.start_message_move_task(SourceArn=queues.arn("dead"))
    assert queues.bodies(queues.dead) == ["parked"]
    queues.sqs.start_message_move_task(
        SourceArn=queues.arn("dead"), DestinationArn=queues.arn("live")
    )
    assert queues.bodies(queues.live) == ["parked"]


def test_a_queue_that_is_nobodys_dead_letter_queue_is_refused(here: stage.Account) -> None:
    queues = Queues(here)
    with pytest.raises(ClientError, match="Dead Letter Queue"):
        queues.sqs.start_message_move_task(SourceArn=queues.arn("live"))


@pytest.mark.parametrize("missing", [*MOVES, "sqs:SendMessage"])
def test_who_moves_needs_every_right(here: stage.Account, opened: ExitStack, missing: str) -> None:
    queues = Queues(here)
    queues.bury("one")
    allowed = [one for one in (*MOVES, "sqs:SendMessage") if one != missing]
    person = Deployer(here, [allowing(*allowed)], opened)
    with pytest.raises(ClientError, match="AccessDenied"):
        person.session.client("sqs").start_message_move_task(SourceArn=queues.arn("dead"))
    assert queues.bodies(queues.dead) == ["one"]
