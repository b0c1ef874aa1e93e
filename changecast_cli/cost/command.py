"""changecast cost: estimate a month on AWS by list prices and measured usage."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from math import ceil
from typing import Annotated

import typer
from rich.table import Table

from changecast_cli.cost.prices import PRICES, PRICES_OF, REGION_OF_PRICES
from changecast_cli.customers.buses import MOST_ROUTES
from changecast_cli.options import AsJson
from changecast_cli.terminal import out, print_json

MINUTES_A_MONTH = 43_800
# Monthly usage of one mail, one run (a change for a customer), one customer and the hub, as counted
# by `python -m benchmarks.units` (plus writes to the hub's indexes). A transaction's items count
# twice, and a mail is written when it is planned, claimed, settled and delivered.
PER_MAIL = {
    "dynamodb_write": 9.5,
    "dynamodb_read": 2.0,
    "eventbridge_event": 0.0,  # SES's own events on the default bus are free
    "sqs_request": 4.0,
    "lambda_request": 0.5,
    "lambda_gb_second": 0.02,
    "xray_trace": 0.1,
    "log_gb": 2e-6,
}
PER_RUN = {
    "eventbridge_event": 6.0,  # the announcement, its forwarding, and about four reports
    "dynamodb_write": 160.0,
    "dynamodb_read": 40.0,
    "sqs_request": 60.0,
    "lambda_request": 12.0,
    "lambda_gb_second": 6.0,
    "s3_put": 4.0,
    "s3_get": 8.0,
    "xray_trace": 12.0,
    "log_gb": 2e-5,
}
# The sweep runs every minute; four event sources poll by five long polls of 20 s each.
PER_CUSTOMER = {
    "lambda_request": MINUTES_A_MONTH,
    "lambda_gb_second": MINUTES_A_MONTH * 0.05,
    "dynamodb_read": MINUTES_A_MONTH * 2.0,
    "sqs_request": 4 * 5 * 3.0 * MINUTES_A_MONTH,
    "xray_trace": MINUTES_A_MONTH,
    "log_gb": 0.03,
    "alarm": 16.0,  # fourteen of its own stack, two of its route
    # Three are written every minute, the hub's only in hours with a run; billed by the hour.
    "metric": 4.0,
}
# Watch runs every minute; two event sources poll.
PER_HUB = {
    "dashboard": 1.0,
    "alarm": 6.0,
    "metric": 3.0,
    "kms_key": 1.0,
    "sqs_request": 2 * 5 * 3.0 * MINUTES_A_MONTH,
    "lambda_request": MINUTES_A_MONTH,
    "lambda_gb_second": MINUTES_A_MONTH * 0.05,
    "dynamodb_read": MINUTES_A_MONTH * 8.0,
    "xray_trace": MINUTES_A_MONTH,
    "log_gb": 0.1,
}
# A further bus of the hub (hub/bus.yaml), for each 250 customers beyond the first.
PER_BUS = {"alarm": 2.0}


class SesPlan(StrEnum):
    """SES's pricing plan: https://docs.aws.amazon.com/ses/latest/dg/pricing-plans.html."""

    NONE = "none"
    ESSENTIALS = "essentials"


MAIL_OF = {
    SesPlan.NONE: {"ses_mail": 1.0},
    SesPlan.ESSENTIALS: {"ses_mail_essentials": 1.0},
}


@dataclass(frozen=True)
class Line:
    """One kind of usage in a month: quantity and US dollars."""

    what: str
    amount: float
    dollars: float


def cost(
    customers: Annotated[int, typer.Option(help="Number of customers.", min=0)] = 30,
    changes: Annotated[int, typer.Option(help="Changes per month.", min=0)] = 100,
    contacts: Annotated[
        int, typer.Option(help="People mailed per customer and change.", min=0)
    ] = 50,
    affected: Annotated[
        float,
        typer.Option(
            help="Share of all customers that one change affects, from 0 to 1.", min=0, max=1
        ),
    ] = 1.0,
    mails: Annotated[
        float, typer.Option(help="Mails per person and change, updates included.", min=0)
    ] = 2.0,
    ses_plan: Annotated[
        SesPlan,
        typer.Option(help="SES pricing plan of the customers' accounts: none or essentials."),
    ] = SesPlan.NONE,
    as_json: AsJson = False,
) -> None:
    """Estimate a month's cost: SES, everything else, and the cost per customer."""
    lines = list(
        bill(customers, changes, contacts, affected=affected, mails=mails, ses_plan=ses_plan)
    )
    total = sum(line.dollars for line in lines)
    if as_json:
        print_json(
            {
                "lines": [asdict(line) for line in lines],
                "dollars": round(total, 2),
                "prices_of": PRICES_OF,
                "region": REGION_OF_PRICES,
                "prices": {line.what: asdict(PRICES[line.what]) for line in lines},
            }
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("WHAT")
    table.add_column("PER MONTH", justify="right")
    table.add_column("USD", justify="right")
    for line in sorted(lines, key=lambda line: -line.dollars):
        table.add_row(PRICES[line.what].says, f"{line.amount:,.3g}" if line.amount < 1 else
                      f"{line.amount:,.0f}", f"{line.dollars:,.2f}")  # fmt: skip
    table.add_row("[bold]total[/]", "", f"[bold]{total:,.2f}[/]")
    out.print(table)
    if customers:
        out.print(f"{total / customers:,.2f} USD per customer per month.")
    out.print(
        f"[dim]List prices in {REGION_OF_PRICES}, checked on {PRICES_OF}, without free tiers; "
        "--json names the source of each. Accounts new to SES since 2026-07-21 start on the SES "
        "Essentials plan: --ses-plan essentials.[/]",
    )


def bill(
    customers: int,
    changes: int,
    contacts: int,
    *,
    affected: float = 1.0,
    mails: float = 2.0,
    ses_plan: SesPlan = SesPlan.NONE,
) -> Iterator[Line]:
    """Yield a line for every kind of usage. Pure."""
    runs = customers * changes * affected * max(mails, 1.0 if mails else 0.0)
    sent = customers * changes * affected * contacts * mails
    per_mail = PER_MAIL | MAIL_OF[ses_plan]
    buses = max(0, ceil(customers / MOST_ROUTES) - 1)
    times = (
        (per_mail, sent),
        (PER_RUN, runs),
        (PER_CUSTOMER, float(customers)),
        (PER_HUB, 1.0),
        (PER_BUS, float(buses)),
    )
    for what, price in PRICES.items():
        amount = sum(use.get(what, 0.0) * number for use, number in times)
        if amount:
            yield Line(what, amount, amount * price.dollars)
