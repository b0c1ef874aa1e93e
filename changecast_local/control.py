"""The control API of the embedded cloud, beside AWS's own, over HTTP.

GET    /_changecast/health                 {"pid", "auth", "workers": {"alive", "idle"}}
GET    /_changecast/processes              the functions' processes: {number: "function, settings"}
GET    /_changecast/environment?account=   the variables of an administrator of the account
GET    /_changecast/mails?account=         whole mails, oldest first; &subject= a part of their
                                           subjects, &fields= the only fields: "to,subject"
GET    /_changecast/alerts?account=        what topics sent to their e-mail subscribers
GET    /_changecast/faults                 the faults that are set
POST   /_changecast/faults                 add one; DELETE clears all
*      /_changecast/subscriptions/<token>  the page behind a mail's unsubscribe link
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

PREFIX = "/_changecast/"

Query = Mapping[str, str]
Handler = Callable[[Query, Any], Any]
Routes = Mapping[tuple[str, str], Handler]
App = Callable[..., Awaitable[None]]
Response = tuple[int, Mapping[str, str], bytes]
Page = Callable[[str, str, str, bytes], Response]


def beside(app: App, routes: Routes, subscriptions: Page) -> App:
    """An ASGI app that answers `/_changecast/...` from `routes` and leaves the rest to `app`.

    A route is (method, name) and gets the query and the JSON body; ValueError becomes a 400.
    `subscriptions` gets the raw method, path, query and body, and returns HTML.
    """

    async def both(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await app(scope, receive, send)
            return
        body = await _body(receive)
        if scope["path"].startswith(f"{PREFIX}subscriptions/"):
            query = scope["query_string"].decode()
            await _send(send, subscriptions(scope["method"], scope["path"], query, body))
        else:
            await _send(send, _json(*_answer(routes, scope, body)))

    return both


def _answer(routes: Routes, scope: Mapping[str, Any], body: bytes) -> tuple[int, Any]:
    route = routes.get((scope["method"], scope["path"].removeprefix(PREFIX)))
    if route is None:
        return 404, {"error": f"unknown request: {scope['method']} {scope['path']}"}
    try:
        return 200, route(
            dict(parse_qsl(scope["query_string"].decode())), json.loads(body or b"null")
        )
    except (ValueError, TypeError) as error:
        return 400, {"error": str(error)}


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


def _json(status: int, answer: Any) -> Response:
    return status, {"content-type": "application/json"}, json.dumps(answer).encode()


async def _send(send: Any, response: Response) -> None:
    status, headers, body = response
    listed = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": body})
