"""The console as an ASGI application: its routes and error handling."""

from botocore.exceptions import BotoCoreError, ClientError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from changecast.contract.errors import ChangecastError, ContractError
from changecast_cli.console import (
    announcing,
    change,
    customers,
    documents,
    evidence,
    live,
    mails,
    onboarding,
    overview,
    repairing,
    restoring,
    timeline,
)
from changecast_cli.console.guard import Door, Guard
from changecast_cli.console.pages import FOLDER, denied_action, page
from changecast_cli.console.state import Console
from changecast_cli.failures import Refused, explained


def application(console: Console, door: Door) -> ASGIApp:
    """Return the console's pages behind its guard."""
    app = Starlette(
        routes=[
            Route("/", overview.overview),
            Route("/live", live.live),
            Route("/change", change.change),
            Route("/change/live", change.live),
            Route("/change/event", change.event),
            Route("/change/timeline", timeline.timeline),
            Route("/change/evidence", evidence.evidence),
            Route("/announce", announcing.form),
            Route("/announce/check", announcing.checked, methods=["POST"]),
            Route("/announce/plan", announcing.plan),
            Route("/announce/put", announcing.announced, methods=["POST"]),
            Route("/announce/alone", announcing.announced_alone, methods=["POST"]),
            Route("/proposals", announcing.proposals),
            Route("/proposals/proposal", announcing.proposal),
            Route("/repair", repairing.shown),
            Route("/repair/do", repairing.done, methods=["POST"]),
            Route("/customers", customers.customers),
            Route("/customers/customer", customers.customer),
            Route("/customers/add", onboarding.form),
            Route("/customers/add/check", onboarding.checked, methods=["POST"]),
            Route("/customers/add/write", onboarding.written, methods=["POST"]),
            Route("/customers/repair", restoring.shown),
            Route("/customers/repair/compare", restoring.compare, methods=["POST"]),
            Route("/customers/repair/restore", restoring.restore, methods=["POST"]),
            Route("/customers/live", customers.live),
            Route("/mails", mails.mails),
            Route("/mails/mail", mails.mail),
            Route("/mails/entry", mails.entry),
            Route("/docs", documents.document),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ],
        exception_handlers={
            HTTPException: _http,
            ChangecastError: _failed,
            ClientError: _failed,
            BotoCoreError: _failed,
        },
    )
    app.state.console = console
    return Guard(app, door, console.read_only)


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = "There is no such page." if status == 404 else str(error)
    return page(request, "failure.html.j2", status, said=said, permission="")


def _failed(request: Request, error: Exception) -> Response:
    """Return what is wrong and what to do, in the command's own words."""
    status = 400 if isinstance(error, Refused | ContractError) else 502
    said = explained(error) or str(error)
    return page(request, "failure.html.j2", status, said=said, permission=missing_permission(error))


def missing_permission(error: Exception) -> str:
    """Return the IAM action that AWS denied; empty if it was another error."""
    return denied_action(str(error)) if isinstance(error, ClientError) else ""
