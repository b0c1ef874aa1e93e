"""changecast channels: the chats and webhooks that are notified of changes beside people."""

import typer

from changecast_cli.channels import adding, copies, looking, secrets

app = typer.Typer(
    no_args_is_help=True,
    help="Manage the chats and webhooks that are notified of changes, in the customer's account.",
)
add = typer.Typer(no_args_is_help=True, help="Add a chat or a webhook.")
add.command("chat")(adding.add_chat)
add.command("webhook")(adding.add_webhook)
app.add_typer(add, name="add")
app.command("list")(looking.list_all)
app.command("show")(looking.show)
app.command("test")(looking.probe)
app.command("rotate")(secrets.rotate)
app.command("remove")(adding.remove)
app.command("backup")(copies.back_up)
app.command("restore")(copies.bring_back)
