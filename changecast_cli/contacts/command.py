"""changecast contacts: who hears of changes, in one customer's own account and nowhere else."""

import typer

from changecast_cli.contacts import copies as contacts_copies
from changecast_cli.contacts import importing as contacts_import
from changecast_cli.contacts import people as contacts_people
from changecast_cli.contacts import suppressed as contacts_suppressed
from changecast_cli.contacts import topics as contacts_topics

app = typer.Typer(no_args_is_help=True, help="Who hears of changes: the account's own list.")
app.command("list")(contacts_people.list_all)
app.command("show")(contacts_people.show)
app.command("add")(contacts_people.add)
app.command("remove")(contacts_people.remove)
app.command("subscribe")(contacts_people.subscribe)
app.command("unsubscribe")(contacts_people.unsubscribe)
app.command("topics")(contacts_topics.topics)
app.command("import")(contacts_import.import_people)
app.command("sync")(contacts_import.sync)
app.command("export")(contacts_copies.export)
app.command("backup")(contacts_copies.back_up)
app.command("restore")(contacts_copies.bring_back)
suppression = typer.Typer(no_args_is_help=True, help="Who gets no mail whatever they chose.")
suppression.command("list")(contacts_suppressed.list_suppressed)
suppression.command("add")(contacts_suppressed.add_suppressed)
suppression.command("remove")(contacts_suppressed.remove_suppressed)
app.add_typer(suppression, name="suppression")
