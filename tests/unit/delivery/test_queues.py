"""Queues carry hints; one that cannot be handled goes back alone."""

from typing import Any

import pytest

from changecast.contract.errors import Retry
from changecast.customer.hints import hint_report
from changecast.lambdas.batches import each_record
from changecast.lambdas.queues import send_all
from testbed.doubles.answers import refusal
from testbed.doubles.clock import Clock
from testbed.doubles.sqs import Sqs


def test_more_than_ten_messages_go_in_several_calls_and_delays_are_bounded() -> None:
    clock = Clock(0.0)
    sqs = Sqs(clock)
    send_all(sqs, "q", ((hint_report(str(n)), n * 100 - 5) for n in range(23)))  # type: ignore[arg-type]
    waits = [message.visible_at for message in sqs.queue("q")]
    assert len(waits) == 23
    assert (min(waits), max(waits)) == (0, 900)


def test_a_message_that_the_queue_refuses_is_not_forgotten() -> None:
    class Full:
        def send_message_batch(self, **request: Any) -> dict[str, Any]:
            return {"Failed": [{"Id": "0", "Code": "ServiceUnavailable", "SenderFault": False}]}

    with pytest.raises(Retry):
        send_all(Full(), "q", [("x", 0)])  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [Retry("later"), refusal("InternalServerError", 500)])
def test_one_failing_record_goes_back_alone(error: Exception) -> None:
    def handle(record: dict[str, Any]) -> None:
        if record["messageId"] == "b":
            raise error

    answer = each_record({"Records": [{"messageId": m} for m in "abc"]}, handle)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "b"}]}


def test_a_bug_fails_the_whole_batch() -> None:
    def handle(record: dict[str, Any]) -> None:
        raise KeyError("run")

    with pytest.raises(KeyError):
        each_record({"Records": [{"messageId": "a"}]}, handle)
