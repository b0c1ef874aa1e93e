"""Access to the console: only for this machine's browser that opened the one-time address.

Any page in the same browser can send requests to a port of this machine, and a foreign name can
resolve to 127.0.0.1. So every request must name this host and have the random prefix in its path,
and a request that changes something must come from one of the console's own pages.
"""

from dataclasses import dataclass, field
from hmac import compare_digest

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from changecast.contract.envelope import EVENT_LIMIT

# A document is text in a form, where a character takes up to nine bytes.
BODY_LIMIT = 9 * EVENT_LIMIT
READS = frozenset({"GET", "HEAD"})
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# The prefix never leaves the console. With `no-referrer` a browser's own forms would send
# `Origin: null`: https://fetch.spec.whatwg.org/#append-a-request-origin-header
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass
class Door:
    """The entrance: the token works once and leads to the prefix, which is the session."""

    port: int
    token: str
    prefix: str
    is_open: bool = True
    hosts: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.hosts = frozenset(f"{name}:{self.port}" for name in ("127.0.0.1", "localhost"))

    @property
    def address(self) -> str:
        """The address that is printed and opened."""
        return f"http://127.0.0.1:{self.port}/open/{self.token}"

    def enter(self, token: str) -> bool:
        """Return whether the token is valid, which it is once."""
        opens = self.is_open and _same(token, self.token)
        self.is_open = self.is_open and not opens
        return opens


@dataclass(frozen=True)
class Guard:
    """Passes requests that know the prefix; the application sees paths without it."""

    app: ASGIApp
    door: Door
    read_only: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer refused requests, and pass on the others."""
        if scope["type"] != "http":
            return
        where = scope["path"].split("/", 2)[1:]
        refusal = self._refusal(scope, where)
        if refusal is None:
            scope = self._inside(scope, where)
        await (refusal or self.app)(scope, receive, _protected(send))

    def _refusal(self, scope: Scope, where: list[str]) -> Response | None:
        headers, method = Headers(scope=scope), scope["method"]
        if headers.get("host") not in self.door.hosts:
            return _no(
                "The console does not answer at this address. Open the address that it printed "
                "when it started."
            )
        if where[0] == "open" and method == "GET":
            return self._opened(where[1] if len(where) > 1 else "")
        if not _same(where[0], self.door.prefix):
            return _no(
                "This address is not valid, or no longer valid: it works only once. Stop the "
                "console with Ctrl-C where it runs, and start it again: changecast console"
            )
        return None if method in READS else self._refused_write(headers)

    def _opened(self, token: str) -> Response:
        if self.door.enter(token):
            return RedirectResponse(f"/{self.door.prefix}/", 303)
        return _no(
            "This address was already used, or has expired: it works only once. Start the console "
            "again: changecast console"
        )

    def _refused_write(self, headers: Headers) -> Response | None:
        if headers.get("origin", "").removeprefix("http://") not in self.door.hosts:
            return _no("This request came from another website: nothing was done.")
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return _no("This request came from another website: nothing was done.")
        if self.read_only:
            return _no("This console was started with --read-only: nothing was done.")
        if not 0 <= _length(headers) <= BODY_LIMIT:
            return PlainTextResponse(
                "The request is larger than a change document can be: nothing was done.", 413
            )
        return None

    def _inside(self, scope: Scope, where: list[str]) -> Scope:
        inner = "/" + (where[1] if len(where) > 1 else "")
        return {**scope, "path": inner, "raw_path": inner.encode()}


def _length(headers: Headers) -> int:
    """Return the body's length; -1 if unknown."""
    said = headers.get("content-length", "")
    return int(said) if said.isdecimal() else -1


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode())


def _no(why: str) -> Response:
    return PlainTextResponse(why, 403)


def _protected(send: Send) -> Send:
    """Return a send that adds the headers, unless the page sets its own."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
