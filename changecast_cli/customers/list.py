"""changecast customers list, show: the customers in samconfig.toml."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from changecast_cli.customers.deploy import lines_for
from changecast_cli.customers.options import Config
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.options import AsJson
from changecast_cli.terminal import err, out, print_json, print_rows


def list_all(config: Config = Path("samconfig.toml"), as_json: AsJson = False) -> None:
    """List the customers in samconfig.toml. `customers show CODE` shows everything about one."""
    customers = samconfig_file.customers_in(samconfig_file.read(config))
    if as_json:
        print_json({"customers": [_plain(each) for each in customers.values()]})
        return
    if not customers:
        err.print("No customers yet. To add one: changecast customers add --help")
        return
    # With one bus, its name says nothing.
    has_buses = len({each.hub_bus for each in customers.values()}) > 1
    header = ("CODE", "NAME", "ACCOUNT", "REGION", "SENDER", *(["BUS"] if has_buses else []))
    rows = [
        (each.code, each.name, each.account, each.region, each.sender,
         *([each.hub_bus] if has_buses else []))
        for each in customers.values()
    ]  # fmt: skip
    print_rows(out, header, rows, _below)


def _below(row: Sequence[str]) -> Iterator[str]:
    """Yield one customer on several lines."""
    code, name, account, region, sender, *bus = row
    yield f"[bold]{code}[/]  {account}  {region}"
    yield f"    {escape(name)}"
    yield f"    {'  '.join((sender, *bus))}"


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
