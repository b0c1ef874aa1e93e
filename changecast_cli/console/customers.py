"""Pages of customers: who is registered, their last deliveries, and the doctor on demand."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response

from changecast.hub.registry import Customer
from changecast.hub.tracking.queries import latest_of_customer
from changecast.hub.tracking.table import Row
from changecast_cli.console.inside import Person, by_registry
from changecast_cli.console.live import QUIET_SECONDS, since, updates
from changecast_cli.console.looking import Looks
from changecast_cli.console.mails import SAMCONFIG
from changecast_cli.console.pages import clock, page, part_of
from changecast_cli.customers.deploy import lines_for
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor.verdicts import Verdict, repair_of
from changecast_cli.failures import Refused
from changecast_cli.watching.runs import Run, answered, run_of

if TYPE_CHECKING:
    from changecast_cli.console.aws import Aws
    from changecast_cli.console.state import Console

# The number of last deliveries in a customer's figures.
LAST = 20


@dataclass(frozen=True)
class Deliveries:
    """Figures of a customer's last deliveries, newest first."""

    rows: Sequence[Row]

    @property
    def runs(self) -> list[Run]:
        """The deliveries as runs."""
        return [run_of(row["change_id"], [row]) for row in self.rows]

    @property
    def reported_at(self) -> str:
        """When the account last reported; empty if it never did."""
        return max((str(row["reported_at"]) for row in self.rows if row.get("reported_at")),
                   default="")  # fmt: skip

    @property
    def largest(self) -> int:
        """The most mails planned in one of them."""
        return max((_count(row, "planned") for row in self.rows), default=0)

    def rate(self, name: str) -> str:
        """The share of accepted mails that bounced or caused a complaint; "–" without mails."""
        sent = sum(_count(row, "sent") for row in self.rows)
        return f"{sum(_count(row, name) for row in self.rows) / sent:.1%}" if sent else "–"


def customers(request: Request) -> Response:
    """Show the registered customers, and the state of each."""
    console, requested = request.app.state.console, request.query_params.get("find", "").strip()
    every = sorted(console.aws.customers.values(), key=lambda one: one.code)
    shown = part_of([one for one in every if _fits(one, requested)], request, "page")
    return page(
        request,
        "customers.html.j2",
        clock=clock(request),
        find=requested,
        total=len(every),
        customers=shown,
        deliveries={one.code: deliveries_of(console.aws, one.code) for one in shown.items},
        examinations=console.doctor.known,
        count=_count_of_level,
        answered=answered,
    )


def customer(request: Request) -> Response:
    """Show one customer; `look` starts the doctor."""
    console, code = request.app.state.console, request.query_params.get("code", "")
    registered, stack = console.aws.customers.get(code), stacks().get(code)
    if registered is None and stack is None:
        raise Refused(f"customer {code!r} is neither registered nor in {SAMCONFIG}")
    _look(console, stack, registered, request.query_params)
    return page(
        request,
        "customer.html.j2",
        clock=clock(request),
        code=code,
        registered=registered,
        stack=stack,
        lines=lines_for([stack]) if stack else [],
        deliveries=deliveries_of(console.aws, code),
        examination=console.doctor.known.get(code),
        people=console.people.known.get(code),
        letters=console.dead_letters.known.get(code),
        shown_people=part_of(_people(console, code), request, "list"),
        version=seen_as(console, code),
        repair=repair_of(code),
        answered=answered,
    )


async def live(request: Request) -> Response:
    """Tell the page when a look is over."""
    console, code = request.app.state.console, request.query_params.get("code", "")
    return EventSourceResponse(
        updates(partial(seen_as, console, code), since(request)), ping=QUIET_SECONDS
    )


def _look(
    console: "Console",
    entered: CustomerStack | None,
    registered: Customer | None,
    requested: Container[str],
) -> None:
    """Start the requested looks; only the subscribers need the entry in samconfig.toml."""
    stack = entered or (by_registry(registered) if registered else None)
    if stack is None:
        return
    if "look" in requested:
        more = {} if entered else {"is_entered": False}
        console.doctor.look(console.aws, stack, **more)
    if "letters" in requested:
        console.dead_letters.look(console.aws, stack)
    if "people" in requested and entered:
        console.people.look(console.aws, entered)


def _people(console: "Console", code: str) -> Sequence[Person]:
    known = console.people.known.get(code)
    return known.found or () if known else ()


def seen_as(console: "Console", code: str) -> str:
    """Return a value that differs once a look into the customer's account is over."""
    looks: tuple[Looks[Any], ...] = (
        console.doctor, console.people, console.dead_letters, console.comparisons,
        console.restorations,
    )  # fmt: skip
    return " ".join(one.seen_as(code) for one in looks)


def _count_of_level(verdicts: Sequence[Verdict], level: str) -> int:
    return sum(one.level.value == level for one in verdicts)


def deliveries_of(aws: "Aws", code: str) -> Deliveries:
    """Return the customer's last deliveries."""
    return Deliveries(latest_of_customer(aws.table, code, LAST))


def stacks() -> dict[str, CustomerStack]:
    """Return the customers in this folder's samconfig.toml; none without the file."""
    if not SAMCONFIG.exists():
        return {}
    return dict(samconfig_file.customers_in(samconfig_file.read(SAMCONFIG)))


def _fits(one: Customer, requested: str) -> bool:
    return any(requested.lower() in text.lower() for text in (one.code, one.name, one.account))


def _count(row: Row, name: str) -> int:
    return int((row.get("counts") or {}).get(name, 0))
