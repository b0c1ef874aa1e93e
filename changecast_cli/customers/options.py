"""Options that the verbs of `changecast customers` share: a customer's values in samconfig.toml.

`--customer-profile`, with which other verbs enter a customer's account, is in customer_access.py.
"""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option(help="The samconfig.toml to use.")]
DeployNow = Annotated[
    bool, typer.Option("--deploy", help="Also deploy the stacks, after checking the accounts.")
]
Name = Annotated[str | None, typer.Option(help="The customer's name, as its people know it.")]
Sender = Annotated[str | None, typer.Option(help="The address that mails are sent from.")]
Timezone = Annotated[str | None, typer.Option(help="IANA time zone, for example Europe/Madrid.")]
Language = Annotated[
    str | None, typer.Option(help="Language of the mails (default for a new customer: en).")
]
Support = Annotated[
    str | None,
    typer.Option(
        help="Who readers can contact: an address or a sentence (default for a new customer: the "
        "sender)."
    ),
]
Provider = Annotated[str | None, typer.Option(help="Your company's name, as mails show it.")]
Reminders = Annotated[
    str | None,
    typer.Option(help="When to remind people before a change, for example 24h,1h; or none."),
]
Channels = Annotated[
    str | None,
    typer.Option(
        help="yes lets the customer's people add chats and webhooks (default for a new customer: "
        "no).",
        metavar="yes|no",
    ),
]
Digest = Annotated[
    str | None,
    typer.Option(
        help="yes lets people subscribe to a mail every Monday with the changes of the "
        "next seven days (default for a new customer: no).",
        metavar="yes|no",
    ),
]
ProfileOfItsAccount = Annotated[
    str | None, typer.Option(help="AWS profile for the customer's account.")
]
AlarmTopic = Annotated[
    str | None, typer.Option(help="SNS topic in the customer's account for its own alarms.")
]
