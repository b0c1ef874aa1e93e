"""The demo's last step: which link it prints, and the answers as they arrive."""

from typing import Any

import pytest

from changecast_cli.local.answering import arriving, invitation

LINK = "http://abc.execute-api.localhost:4566/c/AQABAd"


def mail(customer: str, text: str, to: str = "ana@acme.example") -> dict[str, Any]:
    return {"customer": customer, "to": to, "text": text}


def test_the_link_is_the_newest_of_the_customer_and_the_change() -> None:
    mails = [
        mail("acme", f"CHG-1\n\nAcknowledge:\r\n{LINK}old\r\n"),
        mail("acme", f"CHG-1\n\nAcknowledge:\r\n{LINK}new\r\n", to="bob@acme.example"),
        mail("acme", f"CHG-2\n\nAcknowledge:\r\n{LINK}other\r\n"),
        mail("globex", f"CHG-1\n{LINK}foreign\n"),
        mail("acme", "CHG-1 is over"),
    ]
    found = invitation(mails, "CHG-1", "acme")
    assert found is not None
    assert (found.to, found.link) == ("bob@acme.example", f"{LINK}new")


@pytest.mark.parametrize("text", ["CHG-1", f"see {LINK}", "CHG-1 https://x.example/v/abc"])
def test_where_nobody_can_answer_there_is_no_link(text: str) -> None:
    assert invitation([mail("acme", text)], "CHG-1", "acme") is None


def test_each_answer_is_shown_once_as_it_arrives() -> None:
    heard: list[dict[str, str]] = []
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        heard.append({"event_id": str(len(waits))})

    found = [one["event_id"] for one in arriving(lambda: heard, wait, looks=4)]
    assert found == ["1", "2", "3"]
