"""changecast customers: from one line about a customer to its deployed stacks."""

import typer

from changecast_cli.customers.add import add
from changecast_cli.customers.list import list_all, show
from changecast_cli.customers.move import move
from changecast_cli.customers.remove import remove
from changecast_cli.customers.setting import alerts, set_values
from changecast_cli.customers.upgrade import upgrade

app = typer.Typer(
    no_args_is_help=True, help="Manage the customers of the hub, and the address for its alerts."
)
app.command("add")(add)
app.command("list")(list_all)
app.command("show")(show)
app.command("set")(set_values)
app.command("alerts")(alerts)
app.command("move")(move)
app.command("remove")(remove)
app.command("upgrade")(upgrade)
