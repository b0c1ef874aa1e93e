"""SES gets about one request a second, and fewer if it throttles."""

import pytest
from botocore.exceptions import ClientError

from changecast_cli.contacts.pacing import CallPace


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def throttled(code: str = "TooManyRequestsException") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "slow down"}}, "ListContacts")


def test_calls_are_a_second_apart() -> None:
    time = Time()
    pace = CallPace(1.0, lambda: time.now, time.sleep)
    starts = [pace(lambda: time.now) for _ in range(4)]
    assert starts == [0, 1, 2, 3]


def test_a_slow_call_does_not_wait_twice() -> None:
    time = Time()
    pace = CallPace(1.0, lambda: time.now, time.sleep)
    pace(time.sleep, seconds=5.0)
    pace(lambda: None)
    assert time.now == 5.0


def test_a_throttled_call_is_made_again_later() -> None:
    time = Time()
    pace = CallPace(1.0, lambda: time.now, time.sleep)
    answers = [throttled(), throttled("ThrottlingException"), None]

    def call() -> str:
        answer = answers.pop(0)
        if answer:
            raise answer
        return "done"

    assert pace(call) == "done"
    assert time.now >= 6


def test_another_error_is_raised_at_once() -> None:
    time = Time()
    with pytest.raises(ClientError):
        CallPace(1.0, lambda: time.now, time.sleep)(_refuse)
    assert time.now == 0


def _refuse() -> None:
    raise throttled("BadRequestException")
