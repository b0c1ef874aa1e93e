"""A responder behind a real port, so that a browser can open its pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from changecast.customer.responding.application import respond
from changecast.customer.responding.reading import Responder


@contextmanager
def served(responder: Responder, code: Callable[[], str]) -> Iterator[str]:
    """The address under which the pages are; `/code` tells what the last code mail says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/code":
                self._send(200, {"content-type": "text/plain"}, code())
            else:
                self._respond("")

        def do_POST(self) -> None:
            self._respond(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def log_message(self, *_: Any) -> None:
            pass

        def _respond(self, body: str) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            event = {
                "rawPath": self.path,
                "headers": headers | {"x-forwarded-proto": "http"},
                "requestContext": {"domainName": "", "http": {"method": self.command}},
                "body": body,
            }
            answer = respond(responder, event)
            self._send(answer["statusCode"], answer["headers"], answer["body"])

        def _send(self, status: int, headers: dict[str, str], body: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

    with _serving(Handler) as address:
        yield address


@contextmanager
def telling(text: Callable[[], str]) -> Iterator[str]:
    """An address at which a browser's helper is told what is known only later, such as a code."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = text().encode()
            self.send_response(200)
            self.send_header("content-type", "text/plain")
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    with _serving(Handler) as address:
        yield address


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
