"""changecast customers list, show: the customers in samconfig.toml."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from changecast_cli.customers.deploy import lines_for
from changecast_cli.customers.options import Config
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.options import AsJson
from changecast_cli.terminal import HarmlessConsole, err, out, print_json

WIDE = 10_000


def list_all(config: Config = Path("samconfig.toml"), as_json: AsJson = False) -> None:
    """List the customers in samconfig.toml. `customers show CODE` shows everything about one."""
    customers = samconfig_file.customers_in(samconfig_file.read(config))
    if as_json:
        print_json({"customers": [_plain(each) for each in customers.values()]})
        return
    if not customers:
        err.print("No customers yet. To add one: changecast customers add --help")
        return
    _print(list(customers.values()), out if out.is_terminal else _wide())


def _wide() -> Console:
    """Return a console for other programs: one line per customer, however long."""
    return HarmlessConsole(width=WIDE, highlight=False)


def _print(customers: Sequence[CustomerStack], console: Console) -> None:
    """Print one line per customer, or two if one is too short; words are never broken."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    # With one bus, its name says nothing.
    buses = [each.hub_bus for each in customers] if len({c.hub_bus for c in customers}) > 1 else []
    for column in ("CODE", "NAME", "ACCOUNT", "REGION", "SENDER", *(["BUS"] if buses else [])):
        table.add_column(column, no_wrap=True)
    for at, each in enumerate(customers):
        bus = buses[at : at + 1]
        table.add_row(each.code, escape(each.name), each.account, each.region, each.sender, *bus)
    if Measurement.get(console, console.options.update_width(WIDE), table).maximum <= console.width:
        console.print(table)
        return
    for each in customers:
        console.print(f"[bold]{each.code}[/]  {each.account}  {each.region}")
        console.print(f"    {escape(each.name)}")
        console.print(f"    {each.sender}")


def show(
    code: Annotated[str, typer.Argument(help="The customer's code.")],
    config: Config = Path("samconfig.toml"),
    as_json: AsJson = False,
) -> None:
    """Show one customer's values in samconfig.toml, and the commands that deploy it."""
    customer = known(code, config)
    if as_json:
        print_json(_plain(customer) | {"lines": lines_for([customer])})
        return
    own = {name: value for name, value in _plain(customer).items() if name != "more"}
    for name, value in own.items():
        out.print(f"{name:<12}{value or '-'}", markup=False)
    for number, (name, value) in enumerate(customer.more):
        label = "parameters" if number == 0 else ""
        out.print(f"{label:<12}{name}={value}", markup=False)
    out.print("")
    for line in lines_for([customer]):
        out.print(line, markup=False)


def known(code: str, config: Path) -> CustomerStack:
    """Return the customer of this code in the file; Refused if it is not there."""
    return samconfig_file.customer_in(samconfig_file.read(config), code, config)


def _plain(customer: CustomerStack) -> dict[str, Any]:
    return {**vars(customer), "more": dict(customer.more)}
