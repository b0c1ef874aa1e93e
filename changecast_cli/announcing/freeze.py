"""changecast freeze: times in which a customer wants no changes."""

import typer

from changecast_cli.announcing.freeze_own import add, list_all, remove
from changecast_cli.announcing.freeze_push import push

app = typer.Typer(no_args_is_help=True, help="Declare when a customer does not want changes.")
app.command("add")(add)
app.command("list")(list_all)
app.command("remove")(remove)
app.command("push")(push)
