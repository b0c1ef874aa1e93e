"""changecast customers list, show: who is in samconfig.toml."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from changecast_cli.customers.deploy import lines_for
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import Customer
from changecast_cli.options import AsJson
from changecast_cli.terminal import err, out, print_json

Config = Annotated[Path, typer.Option(help="The file that sam deploys by.")]


def list_all(config: Config = Path("samconfig.toml"), as_json: AsJson = False) -> None:
    """Everybody in samconfig.toml; `customers show CODE` says the rest of one."""
    customers = samconfig_file.customers_in(samconfig_file.read(config))
    if as_json:
        print_json([_plain(each) for each in customers.values()])
        return
    if not customers:
        err.print("No customers yet: changecast customers add --help")
        return
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in ("CODE", "NAME", "ACCOUNT", "REGION", "SENDER"):
        table.add_column(column, no_wrap=column not in ("NAME", "SENDER"), overflow="fold")
    for each in customers.values():
        table.add_row(each.code, escape(each.name), each.account, each.region, each.sender)
    out.print(table)


def show(code: str, config: Config = Path("samconfig.toml"), as_json: AsJson = False) -> None:
    """One customer: what its stacks are told, and the lines that deploy them."""
    customer = known(code, config)
    if as_json:
        print_json(_plain(customer) | {"lines": lines_for([customer])})
        return
    for name, value in _plain(customer).items():
        out.print(f"{name:<12}{escape(str(value))}")
    out.print("")
    for line in lines_for([customer]):
        out.print(line)


def known(code: str, config: Path) -> Customer:
    """The customer of this code in the file; Refused where it is not there."""
    return samconfig_file.customer_in(samconfig_file.read(config), code, config)


def _plain(customer: Customer) -> dict[str, Any]:
    return {**vars(customer), "more": dict(customer.more)}
