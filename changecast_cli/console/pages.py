"""Pages from templates: every value is escaped, and nothing external is loaded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from changecast_cli.console.doc_files import page_of
from changecast_cli.console.moments import HERE, Clock, clock_of
from changecast_cli.report.figures import mails_by_state, tone_of
from changecast_cli.terminal import harmless
from changecast_cli.watching.announced_by import short
from changecast_cli.watching.tables import state_of

FOLDER = Path(__file__).parent
PAGES = (("/", "Overview"), ("/announce", "Announce"), ("/customers", "Customers"))
PROPOSALS = (("/proposals", "Proposals"),)
ROWS = 25
Item = TypeVar("Item")
_PERMISSION = re.compile(r"not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z]+)")


@dataclass(frozen=True)
class Part(Generic[Item]):
    """A part of a long list; `name` is the query parameter that holds its number."""

    items: Sequence[Item]
    name: str
    number: int
    last: int
    total: int


def part_of(items: Sequence[Item], request: Request, name: str, size: int = ROWS) -> Part[Item]:
    """Return the requested part, or the nearest one."""
    last = max(1, -(-len(items) // size))
    asked = request.query_params.get(name, "1")
    number = min(max(int(asked), 1), last) if asked.isdecimal() and len(asked) < 9 else 1
    return Part(items[(number - 1) * size : number * size], name, number, last, len(items))


def denied_action(said: str) -> str:
    """Return the IAM action that AWS denied, by its own words; empty if it was another error."""
    found = _PERMISSION.search(said)
    return found[1] if found else ""


def clock(request: Request) -> Clock:
    """Return the zone in which the viewer reads times."""
    return clock_of(request.query_params.get("zone") or HERE)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    made.filters["exact"] = escape
    made.globals |= {"state_of": _state, "parts": _parts, "denied_action": denied_action}
    made.globals["page_of"] = page_of
    made.filters["short"] = short
    return made


def _harmless(value: Any) -> Any:
    """Keep texts from reversing their line; `exact` is for values that are sent back."""
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _state(customer: dict[str, Any]) -> dict[str, str]:
    return {"word": state_of(customer).plain, "tone": tone_of([customer])}


def _parts(counts: dict[str, int]) -> str:
    return ", ".join(f"{part.number:,} {part.state}" for part in mails_by_state(counts))


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page of the console."""
    console = request.app.state.console

    def link(path: str, **changed: Any) -> str:
        """Return an address within the console that keeps the zone."""
        zone = request.query_params.get("zone")
        query = ({"zone": zone} if zone else {}) | changed
        return f"{console.base}{path}" + (f"?{urlencode(query)}" if query else "")

    def here(**changed: Any) -> str:
        """Return this page's address with other parameters."""
        query = dict(request.query_params) | changed
        return f"{console.base}{request.url.path}?{urlencode(query)}"

    text = _environment().get_template(template).render(
        link=link, here=here, base=console.base, read_only=console.read_only,
        pages=(*PAGES, *(PROPOSALS if console.aws.two_persons else ())),
        path=request.url.path, clock=values.pop("clock", None) or clock_of(HERE), **values,
    )  # fmt: skip
    return HTMLResponse(text, status)
