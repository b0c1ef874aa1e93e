"""changecast contacts import, sync: many people at once, and nobody against their will."""

from pathlib import Path
from typing import Annotated

import typer

from changecast_cli.contacts.account import (
    AccountProfile,
    AccountRegion,
    Code,
    OpenList,
    PerSecond,
    open_list,
)
from changecast_cli.contacts.file import RefusedLine, numbered, read_people
from changecast_cli.contacts.plan import ImportPlan, plan_import
from changecast_cli.contacts.records import Contact, defaults_of, every_contact
from changecast_cli.contacts.roles import people_by_role, read_roles
from changecast_cli.contacts.sync import MARK, gone
from changecast_cli.contacts.write import write
from changecast_cli.failures import BAD_INPUT, Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import err, out, print_json
from changecast_cli.text_files import read_text

Apply = Annotated[bool, typer.Option("--apply", help="Do it; without, only say what would be.")]
Encoding = Annotated[str | None, typer.Option(help="Of the file; else UTF-8 or by its mark.")]


def import_people(
    file: Annotated[Path, typer.Argument(help="CSV with a header line, or addresses pasted.")],
    topics: Annotated[
        str | None, typer.Option(help="For people of whom the file names none; commas between.")
    ] = None,
    apply: Apply = False,
    encoding: Encoding = None,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Bring people onto the list; nobody who opted out is ever subscribed again.

    Without --apply it only reports. Stopped in the middle, the same command does the rest.
    """
    contacts = open_list(customer, profile, region, per_second)
    defaults = defaults_of(contacts)
    chosen = [each.strip() for each in topics.split(",") if each.strip()] if topics else None
    unknown = [topic for topic in chosen or [] if topic not in defaults]
    if unknown:
        raise Refused(f"the list has no topic {', '.join(unknown)} (it has {', '.join(defaults)})")
    wanted, refused = read_people(read_text(file, encoding), list(defaults), chosen)
    plan = plan_import(wanted, _existing(contacts), defaults)
    _carry_out(contacts, plan, refused, apply=apply, as_json=as_json)


def sync(
    from_file: Annotated[Path, typer.Option("--from", help="CSV with email and role or group.")],
    roles: Annotated[Path, typer.Option(help="TOML: [roles], role = [topics].")],
    apply: Apply = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="With --apply: take off whom a sync brought before.")
    ] = False,
    encoding: Encoding = None,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Bring the list in line with people's roles; choices that people made themselves stand.

    People who were added by hand stay. Who came by a sync and has no role any more is named, and
    goes only with --remove.
    """
    contacts = open_list(customer, profile, region, per_second)
    defaults = defaults_of(contacts)
    wanted, refused = people_by_role(
        read_text(from_file, encoding), read_roles(roles, list(defaults))
    )
    existing = _existing(contacts)
    leaving = gone(contacts, existing, wanted)
    plan = plan_import(wanted, existing, defaults, attributes=MARK)
    _carry_out(contacts, plan, refused, apply=apply, as_json=as_json, leaving=leaving)
    if not leaving:
        return
    if not (apply and remove):
        err.print(f"{len(leaving)} would go: {', '.join(leaving)} (--apply --remove)")
        return
    for address in leaving:
        contacts.pace(
            contacts.ses.delete_contact, ContactListName=contacts.name, EmailAddress=address
        )
    err.print(f"{len(leaving)} went: {', '.join(leaving)}")


def _existing(contacts: OpenList) -> dict[str, Contact]:
    return {contact.key: contact for contact in every_contact(contacts)}


def _carry_out(
    contacts: OpenList,
    plan: ImportPlan,
    refused: list[RefusedLine],
    *,
    apply: bool,
    as_json: bool,
    leaving: list[str] | None = None,
) -> None:
    if not as_json:
        _report(plan, refused)
    if apply:
        write(contacts, plan)
    if as_json:
        print_json(
            {
                "applied": apply,
                "added": [each.address for each in plan.add],
                "changed": [each.address for each in plan.change],
                "kept": plan.kept,
                "opted_out": plan.respected,
                "refused": [vars(each) for each in refused],
                "leaving": leaving or [],
            }
        )
    elif apply:
        out.print("Done.")
    elif plan.writes:
        out.print("Nothing was changed; again with --apply.")
    if not all(line.harmless for line in refused):
        raise typer.Exit(BAD_INPUT)


def _report(plan: ImportPlan, refused: list[RefusedLine]) -> None:
    out.print(f"{len(plan.add)} added, {len(plan.change)} changed, {len(plan.kept)} kept")
    for address, topics in plan.respected.items():
        out.print(f"  opted out, stays out: {address} of {', '.join(topics) or 'everything'}",
                  markup=False)  # fmt: skip
    for line in numbered(refused):
        err.print(f"  refused {line}", markup=False, soft_wrap=True)
