"""Who gets in: the browser that opened the address once, and nobody else's page."""

import json
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from changecast_cli.console.application import application
from changecast_cli.console.guard import BODY_LIMIT, Door
from changecast_cli.console.state import Console
from tests.support.consoles import OWN, PORT, PREFIX, TOKEN

INSIDE = f"{OWN}/{PREFIX}/"


@pytest.fixture
def stranger(console: Console, door: Door) -> TestClient:
    """A client that has opened nothing yet, and follows no redirect."""
    return TestClient(application(console, door), base_url=OWN, follow_redirects=False)


def test_the_address_opens_once(stranger: TestClient, door: Door) -> None:
    first = stranger.get(door.address)
    assert (first.status_code, first.headers["location"]) == (303, f"/{PREFIX}/")
    assert stranger.get(first.headers["location"]).status_code == 200
    again = stranger.get(door.address)
    assert again.status_code == 403
    assert PREFIX not in again.text


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], f"{TOKEN}x", "ü"])
def test_another_token_opens_nothing_and_leaves_the_door_as_it_is(
    stranger: TestClient, door: Door, token: str
) -> None:
    assert stranger.get(f"{OWN}/open/{token}").status_code == 403
    assert stranger.get(door.address).status_code == 303


def test_a_look_ahead_does_not_use_the_address_up(stranger: TestClient, door: Door) -> None:
    assert stranger.head(door.address).status_code == 403
    assert stranger.get(door.address).status_code == 303


@pytest.mark.parametrize(
    "host",
    ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}",
     f"127.0.0.1.evil.example:{PORT}", f"localhost.:{PORT}", ""],
)  # fmt: skip
def test_a_name_that_leads_here_shows_nothing(stranger: TestClient, door: Door, host: str) -> None:
    for url in (INSIDE, door.address):
        answer = stranger.get(url, headers={"Host": host})
        assert answer.status_code == 403
        assert PREFIX not in str(answer.headers) + answer.text
    assert stranger.get(door.address).status_code == 303, "the door is still open"


def test_the_machine_s_other_name_is_fine(stranger: TestClient) -> None:
    assert stranger.get(INSIDE, headers={"Host": f"localhost:{PORT}"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["", "/", "/the-prefi", "/the-prefixx/", "/x/the-prefix/", "/static/console.css"],
)
def test_without_the_prefix_nothing_is_shown(stranger: TestClient, path: str) -> None:
    assert stranger.get(f"{OWN}{path}").status_code == 403


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "another website"),
        ({"Origin": "null"}, "another website"),
        ({"Origin": "https://evil.example"}, "another website"),
        ({"Origin": f"http://evil.example:{PORT}"}, "another website"),
        ({"Origin": f"https://127.0.0.1:{PORT}"}, "another website"),
        ({"Origin": f"http://127.0.0.1:{PORT + 1}"}, "another website"),
        ({"Origin": OWN, "Sec-Fetch-Site": "cross-site"}, "another website"),
        ({"Origin": OWN, "Sec-Fetch-Site": "same-site"}, "another website"),
        ({"Origin": OWN, "Content-Length": str(BODY_LIMIT + 1)}, "larger"),
        ({"Origin": OWN, "Content-Length": "-1"}, "larger"),
    ],
)
def test_what_another_page_posts_is_refused(
    stranger: TestClient, headers: dict[str, str], said: str
) -> None:
    answer = stranger.post(INSIDE, headers=headers, content=b"" if len(headers) < 2 else b"x")
    assert answer.status_code in (403, 413)
    assert said in answer.text


def writes(app: Any) -> list[str]:
    """Every address that changes something."""
    return [
        one.path[1:] for one in app.app.routes if "POST" in (getattr(one, "methods", None) or ())
    ]


def test_every_write_is_refused_from_elsewhere_without_the_prefix_and_as_a_read(
    console: Console, door: Door
) -> None:
    app: Any = application(console, door)
    own = {"Origin": OWN}
    elsewhere: tuple[dict[str, str], ...] = ({}, {"Origin": "null"}, {"Origin": "https://evil.example"},
                 own | {"Sec-Fetch-Site": "cross-site"})  # fmt: skip
    client = TestClient(app, base_url=OWN, follow_redirects=False)
    assert len(writes(app)) >= 7
    for path in writes(app):
        for headers in elsewhere:
            assert client.post(f"{INSIDE}{path}", headers=headers).status_code == 403, path
        for outside in (f"{OWN}/{path}", f"{OWN}/{TOKEN}/{path}", f"{OWN}/the-prefi/{path}"):
            assert client.post(outside, headers=own).status_code == 403, path
        assert client.get(f"{INSIDE}{path}", headers=own).status_code == 405, path
    reads: Any = TestClient(application(replace(console, read_only=True), door), base_url=OWN)
    for path in writes(app):
        assert "--read-only" in reads.post(f"{INSIDE}{path}", headers=own).text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_console_that_only_reads_takes_no_write(
    console: Console, door: Door, method: str
) -> None:
    client = TestClient(application(replace(console, read_only=True), door), base_url=OWN)
    answer = client.request(method, INSIDE, headers={"Origin": OWN})
    assert answer.status_code == 403
    assert "--read-only" in answer.text


def test_every_answer_forbids_what_is_not_the_console_s_own(
    stranger: TestClient, door: Door
) -> None:
    for url in (INSIDE, f"{OWN}/", f"{INSIDE}static/console.js", f"{INSIDE}nothing"):
        headers = stranger.get(url).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert not any(name.startswith("access-control") for name in headers)


def test_no_secret_is_logged(
    stranger: TestClient, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    stranger.get(door.address)
    stranger.get(INSIDE)
    own = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    said = json.dumps([str(vars(record)) for record in own])
    assert PREFIX not in said
    assert TOKEN not in said


def test_a_websocket_is_not_answered(console: Console, door: Door) -> None:
    sent: list[Any] = []

    async def run() -> None:
        scope = {"type": "websocket", "path": f"/{PREFIX}/", "headers": []}
        await application(console, door)(scope, _never, sent.append)  # type: ignore[arg-type]

    import anyio  # noqa: PLC0415

    anyio.run(run)
    assert sent == []


async def _never() -> Any:
    raise AssertionError
