"""changecast contacts: the people who are told about changes, in one customer's own account."""

import typer

from changecast_cli.contacts import copies as contacts_copies
from changecast_cli.contacts import importing as contacts_import
from changecast_cli.contacts import people as contacts_people
from changecast_cli.contacts import personal_links, reading, suppression_verbs
from changecast_cli.contacts import topics as contacts_topics

app = typer.Typer(
    no_args_is_help=True, help="Manage who gets mails about changes, in the customer's account."
)
app.command("list")(contacts_people.list_all)
app.command("show")(contacts_people.show)
app.command("add")(contacts_people.add)
app.command("remove")(contacts_people.remove)
app.command("subscribe")(contacts_people.subscribe)
app.command("unsubscribe")(contacts_people.unsubscribe)
app.command("set")(reading.set_reading)
app.command("topics")(contacts_topics.topics)
app.command("import")(contacts_import.import_people)
app.command("sync")(contacts_import.sync)
app.command("export")(contacts_copies.export)
app.command("backup")(contacts_copies.back_up)
app.command("restore")(contacts_copies.bring_back)
app.command("revoke")(personal_links.revoke)
app.command("rotate-links")(personal_links.rotate_links)
suppression = typer.Typer(
    no_args_is_help=True, help="Manage the suppression list: addresses that never get mail."
)
suppression.command("list")(suppression_verbs.list_suppressed)
suppression.command("add")(suppression_verbs.add_suppressed)
suppression.command("remove")(suppression_verbs.remove_suppressed)
app.add_typer(suppression, name="suppression")
