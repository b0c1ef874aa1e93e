"""Dead letters: whose they are, and that none gets lost."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast_cli.repair.dead_letters import letter_of, of_change, remove, taken


class FakeQueue:
    """A queue with visibility: what is received is hidden until given back, or deleted."""

    def __init__(self, bodies: list[str]) -> None:
        self.visible = dict(enumerate(bodies))
        self.hidden: dict[int, str] = {}

    def receive_message(self, MaxNumberOfMessages: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        taken = list(self.visible.items())[:MaxNumberOfMessages]
        for number, body in taken:
            self.hidden[number] = body
            del self.visible[number]
        return {"Messages": [{"Body": body, "ReceiptHandle": str(n)} for n, body in taken]}

    def change_message_visibility(self, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803
        self.visible[int(ReceiptHandle)] = self.hidden.pop(int(ReceiptHandle))

    def delete_message(self, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803
        del self.hidden[int(ReceiptHandle)]


def event(change_id: str) -> str:
    return json.dumps(
        {"time": "2027-01-16T08:05:00Z", "detail": {"change_id": change_id, "revision": 2}}
    )


def test_only_the_letters_that_were_dealt_with_leave_the_queue() -> None:
    queue: Any = FakeQueue([event("CHG-1" if n % 2 else "CHG-2") for n in range(25)])
    with taken(queue, "url") as letters:
        chosen = of_change(letters, "CHG-1")
        assert len(chosen) == 12
        for letter in chosen:
            remove(queue, "url", letters, letter)
    assert sorted(queue.visible.values()) == [event("CHG-2")] * 13
    assert not queue.hidden


def test_whatever_goes_wrong_every_letter_goes_back() -> None:
    queue: Any = FakeQueue([event("CHG-1"), event("CHG-2")])

    def interrupted() -> None:
        with taken(queue, "url") as letters:
            remove(queue, "url", letters, letters[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(queue.visible.values()) == [event("CHG-2")]


class Sulking(FakeQueue):
    """A queue whose second call fails, and that takes the first letter not back."""

    def receive_message(self, MaxNumberOfMessages: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        if self.hidden:
            raise ClientError({"Error": {"Code": "OverLimit"}}, "ReceiveMessage")
        return super().receive_message(MaxNumberOfMessages)

    def change_message_visibility(self, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803
        if ReceiptHandle == "0":
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "ChangeMessageVisibility")
        super().change_message_visibility(ReceiptHandle)


def test_what_went_wrong_first_is_what_is_said_and_the_other_letters_go_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    queue: Any = Sulking([event("CHG-1"), event("CHG-2"), event("CHG-3")])
    with pytest.raises(ClientError, match="OverLimit"), taken(queue, "url"):
        pass
    assert list(queue.visible.values()) == [event("CHG-2"), event("CHG-3")]
    assert (
        "1 dead letter could not be returned to url immediately: readable again in 15 minutes"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "body",
    ["", "nonsense", "[1]", '{"detail": 3}', '{"detail": {"change_id": 7, "revision": "x"}}',
     '{"time": "2027", "detail": {}}', "[" * 100_000],
)  # fmt: skip
def test_a_letter_that_cannot_be_read_is_about_no_change(body: str) -> None:
    letter = letter_of({"Body": body, "ReceiptHandle": "1"})
    assert (letter.change_id, letter.revision, letter.time) == (None, None, None)
    assert letter.said.startswith("unreadable")


@pytest.mark.parametrize("attribute", ["reason", "ERROR_MESSAGE"])
def test_a_letter_says_why_it_is_here(attribute: str) -> None:
    attributes = {attribute: {"DataType": "String", "StringValue": "no such bus"}}
    message = {"Body": event("CHG-1"), "ReceiptHandle": "1", "MessageAttributes": attributes}
    assert letter_of(message).said == "CHG-1 revision 2: no such bus"
