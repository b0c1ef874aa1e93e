"""Revert a customer's stacks to their templates: compare, show, and then a button that does it."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from changecast_cli.console.announcing import form_of
from changecast_cli.console.customers import seen_as, stacks
from changecast_cli.console.looking import Look
from changecast_cli.console.mails import SAMCONFIG
from changecast_cli.console.pages import clock, page
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.failures import Refused
from changecast_cli.repair.command import Repaired

if TYPE_CHECKING:
    from changecast_cli.console.state import Console


def shown(request: Request) -> Response:
    """Show what differs from the templates, or what was restored."""
    console, code = request.app.state.console, request.query_params.get("code", "")
    _stack(code)
    comparison = console.comparisons.known.get(code)
    return page(
        request,
        "restore.html.j2",
        clock=clock(request),
        code=code,
        comparison=comparison,
        restoration=console.restorations.known.get(code),
        mark=mark_of(comparison),
        version=seen_as(console, code),
    )


async def compare(request: Request) -> Response:
    """Start to compare, and go on to the page that shows the result."""
    console, sent = request.app.state.console, await form_of(request)
    await run_in_threadpool(_compare, console, sent.get("customer", ""))
    return _to_page(console, sent.get("customer", ""))


async def restore(request: Request) -> Response:
    """Start to revert what the page showed, and go on to the page that shows the result."""
    console, sent = request.app.state.console, await form_of(request)
    await run_in_threadpool(_restore, console, sent.get("customer", ""), sent.get("mark", ""))
    return _to_page(console, sent.get("customer", ""))


def _compare(console: "Console", code: str) -> None:
    stack = _stack(code)
    if console.comparisons.is_running(code) or console.restorations.is_running(code):
        return
    console.restorations.forget(code)
    console.comparisons.forget(code)
    console.comparisons.look(console.aws, stack)


def _restore(console: "Console", code: str, mark: str) -> None:
    """Start it once; a second click shows the first one's progress."""
    stack = _stack(code)
    if code in console.restorations.known:
        return
    known = console.comparisons.known.get(code)
    if not known or not known.found or mark != mark_of(known):
        raise Refused(
            f"{code} has been compared again since this page was shown, or the console has "
            "been restarted: look at what differs now. Nothing was changed"
        )
    console.restorations.look(console.aws, stack, known.found[0].lines)
    console.comparisons.forget(code)
    console.doctor.forget(code)


def mark_of(comparison: Look[Repaired] | None) -> str:
    """Return what names the lines that a comparison found; empty without a result."""
    found: Sequence[Repaired] = (comparison.found or ()) if comparison else ()
    return sha256("\n".join(found[0].lines).encode()).hexdigest()[:16] if found else ""


def _stack(code: str) -> CustomerStack:
    found = stacks().get(code)
    if found is None:
        raise Refused(
            f"to repair {code!r}, the console needs this customer's entry in {SAMCONFIG}, which "
            "says how to reach the account: stop the console, and start it in the folder that has "
            "the file"
        )
    return found


def _to_page(console: "Console", code: str) -> Response:
    query = urlencode({"code": code})
    return RedirectResponse(f"{console.base}/customers/repair?{query}", 303)
