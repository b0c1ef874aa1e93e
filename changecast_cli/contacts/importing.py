"""changecast contacts import, sync: many people at once, never against their choice."""

from pathlib import Path
from typing import Annotated

import typer

from changecast_cli.asking import Yes
from changecast_cli.contacts.account import (
    AccountProfile,
    AccountRegion,
    Code,
    PerSecond,
    open_list,
)
from changecast_cli.contacts.apply_import import carry_out
from changecast_cli.contacts.file import People, numbered, read_people
from changecast_cli.contacts.owner import Moved
from changecast_cli.contacts.plan import plan_import
from changecast_cli.contacts.records import by_mailbox, defaults_of, every_contact
from changecast_cli.contacts.roles import NO_TOPICS, people_by_role, read_roles
from changecast_cli.contacts.sync import MARK, gone
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import counted
from changecast_cli.text_files import read_text

Apply = Annotated[
    bool, typer.Option("--apply", help="Make the changes; without --apply, only show them.")
]
Encoding = Annotated[
    str | None,
    typer.Option(help="Encoding of the file (default: from its byte order mark, otherwise UTF-8)."),
]


def import_people(
    file: Annotated[Path, typer.Argument(help="CSV with a header line, or pasted addresses.")],
    topics: Annotated[
        str | None,
        typer.Option(help="Topics for people without any topic in the file, separated by commas."),
    ] = None,
    apply: Apply = False,
    yes: Yes = False,
    moved: Moved = False,
    encoding: Encoding = None,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Add people from a file to the list, or update them. Never subscribes anybody who opted out.

    Without --apply, only shows what it would do. After an interruption, run the same command again.
    """
    contacts = open_list(customer, profile, region, per_second)
    defaults = defaults_of(contacts)
    chosen = [each.strip() for each in topics.split(",") if each.strip()] if topics else None
    unknown = [topic for topic in chosen or [] if topic not in defaults]
    if unknown:
        raise Refused(f"the list has no topic {', '.join(unknown)} (it has {', '.join(defaults)})")
    people = read_people(read_text(file, encoding), defaults, chosen)
    existing = by_mailbox(every_contact(contacts))
    plan = plan_import(people.requested, existing, defaults)
    carry_out(
        contacts, plan, people,
        apply=apply, as_json=as_json, on_the_list=existing, is_moved=moved, yes=yes,
    )  # fmt: skip


def sync(
    from_file: Annotated[
        Path, typer.Option("--from", help="CSV with columns email and role (or group).")
    ],
    roles: Annotated[
        Path,
        typer.Option(help="TOML file with a table `roles`, which lists the topics of each role."),
    ],
    apply: Apply = False,
    remove: Annotated[
        bool,
        typer.Option(
            "--remove",
            help="With --apply: remove people who were added by an earlier sync and have no role "
            "now.",
        ),
    ] = False,
    yes: Yes = False,
    moved: Moved = False,
    encoding: Encoding = None,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Subscribe people by their roles. Never subscribes anybody who opted out.

    People who were added by hand stay. People who were added by an earlier sync and have no role
    now are listed, and removed only with --remove.
    """
    contacts = open_list(customer, profile, region, per_second)
    defaults = defaults_of(contacts)
    people = people_by_role(
        read_text(from_file, encoding), read_roles(roles, list(defaults)), defaults
    )
    existing = by_mailbox(every_contact(contacts))
    leaving = gone(contacts, existing, people.requested)
    if apply and remove and leaving:
        _refuse_to_remove(people, len(leaving))
    plan = plan_import(people.requested, existing, defaults, attributes=MARK)
    removed = leaving if apply and remove else []
    carry_out(
        contacts, plan, people,
        apply=apply, as_json=as_json, on_the_list=existing, is_moved=moved, yes=yes,
        leaving=leaving, remove=removed,
    )  # fmt: skip


def _refuse_to_remove(people: People, leaving: int) -> None:
    """Refuse: a person in a line that cannot be read would count as a person who left."""
    unread = [
        line
        for line in people.refused
        if not line.harmless and not line.reason.startswith(NO_TOPICS)
    ]
    if unread or not people.requested:
        lines = "; ".join(numbered(unread))
        why = f"not every line could be read: {lines}" if lines else "the file lists nobody"
        raise Refused(
            f"--remove would remove {counted(leaving, 'person', 'people')}, but {why}. Nothing was "
            "changed. Correct the file, or omit --remove"
        )
