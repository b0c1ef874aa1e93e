"""changecast contacts topics: compare the list's topics with those that it should have."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.contacts.account import (
    AccountProfile,
    AccountRegion,
    Code,
    OpenList,
    PerSecond,
    open_list,
)
from changecast_cli.contacts.backup import account_of, backup, write_backup
from changecast_cli.contacts.topics_known import MOST_TOPICS, differences, topics_for
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import out, print_json
from changecast_cli.text_files import read_text

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import TopicTypeDef


def topics(
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Add missing topics and correct defaults.")
    ] = False,
    remove: Annotated[
        bool,
        typer.Option(
            "--remove",
            help="With --reconcile: also remove topics that the template (or --from) lacks, after "
            "saving a backup.",
        ),
    ] = False,
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="TOML file with an array of tables `topic`, to use instead of the template's "
            "topics.",
        ),
    ] = None,
    digest: Annotated[
        bool,
        typer.Option(
            "--digest",
            help="Also expect the topic of the weekly overview (for stacks with Digest=yes). It is "
            "never removed.",
        ),
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Show the list's topics and how they differ from the template's.

    --remove also deletes people's choices for the removed topics, after asking for confirmation.
    """
    if remove and not reconcile:
        raise Refused("--remove works only together with --reconcile")
    if digest and from_file:
        raise Refused("--digest adds a topic to the template's: with --from, name it in the file")
    contacts = open_list(customer, profile, region, per_second)
    found = contacts.pace(contacts.ses.get_contact_list, ContactListName=contacts.name)
    have: list[TopicTypeDef] = found.get("Topics", [])
    requested = _from(from_file) if from_file else topics_for(digest=digest)
    missing, foreign, differing = differences(have, requested)
    gone, done, saved = foreign if remove else [], reconcile and not dry_run, None
    if gone:
        name = customer or account_of(contacts)
        plan = _loss(contacts.name, name, gone)
        done = go_on(plan, yes=yes, dry_run=dry_run, type_in=name)
        saved = _backed_up(contacts) if done else None
    if done:
        kept = [topic for topic in have if topic["TopicName"] not in gone]
        _correct(contacts, found.get("Description", ""), kept, requested)
    difference = {"missing": missing, "foreign": foreign, "other_default": differing}
    if as_json:
        print_json({"topics": have, **difference, "reconciled": done, "backup": saved})
    else:
        _show(have, difference, saved=saved)
        _say_next(difference, gone, done=done, like=str(from_file or "the template"))


def _show(
    have: "Sequence[TopicTypeDef]",
    difference: Mapping[str, list[str]],
    *,
    saved: str | None,
) -> None:
    for topic in have:
        out.print(f"{topic['TopicName']:<16}{topic['DefaultSubscriptionStatus']:<9}"
                  f"{topic.get('DisplayName', '')}")  # fmt: skip
    for word, names in difference.items():
        if names:
            out.print(f"[yellow]{word.replace('_', ' ')}[/]: {', '.join(names)}")
    if saved:
        out.print(f"backup: {saved}")


def _say_next(
    difference: Mapping[str, list[str]], gone: Sequence[str], *, done: bool, like: str
) -> None:
    """Print whether the differences are corrected, and what corrects the others."""
    others = [name for name in difference["foreign"] if name not in gone]
    ours = difference["missing"] or difference["other_default"]
    if not (ours or difference["foreign"]):
        out.print(f"The topics match {like}.", markup=False)
        return
    if done and (ours or gone):
        out.print("Corrected.")
    elif ours:
        out.print("To correct this: --reconcile")
    if others or (gone and not done):
        out.print("To remove the foreign topics: --reconcile --remove")


def _loss(contact_list: str, name: str, gone: Sequence[str]) -> list[str]:
    """Return the losses when topics are removed, in sentences."""
    return [
        f"{', '.join(gone)} are removed from the list {contact_list} of {name}",
        "SES deletes everybody's choices for them; a backup is written first",
    ]


def _correct(
    contacts: OpenList,
    description: str,
    kept: "Sequence[TopicTypeDef]",
    requested: "Sequence[TopicTypeDef]",
) -> None:
    """Add the topics that are missing and correct the defaults of the others."""
    own = {topic["TopicName"]: topic for topic in kept}
    names = {topic["TopicName"] for topic in requested}
    set_right = [{**own.get(topic["TopicName"], {}), **_ours(topic, own)} for topic in requested]
    others = [topic for topic in kept if topic["TopicName"] not in names]
    topics: Any = [*set_right, *others]
    contacts.pace(
        contacts.ses.update_contact_list,
        ContactListName=contacts.name,
        Description=description,
        Topics=topics,
    )


def _ours(topic: "TopicTypeDef", own: Mapping[str, "TopicTypeDef"]) -> dict[str, Any]:
    """Return our topic with its existing display name; only the default must be ours."""
    if topic["TopicName"] not in own:
        return dict(topic)
    return {"DefaultSubscriptionStatus": topic["DefaultSubscriptionStatus"]}


def _backed_up(contacts: OpenList) -> str:
    path = Path(f"contacts-{contacts.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json")
    write_backup(path, backup(contacts, attributes=False))
    return str(path)


def _from(path: Path) -> "Sequence[TopicTypeDef]":
    """Read [[topic]] tables: name, display, description, default (opt_in or opt_out)."""
    try:
        tables = tomllib.loads(read_text(path, expected="TOML"))["topic"]
        read: list[TopicTypeDef] = [
            {
                "TopicName": each["name"],
                "DisplayName": each["display"],
                "Description": each.get("description", ""),
                "DefaultSubscriptionStatus": "OPT_IN" if each["default"] == "opt_in" else "OPT_OUT",
            }
            for each in tables
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"{path} needs [[topic]] tables with name, display and default: {error!r}"
        ) from error
    if len(read) > MOST_TOPICS:
        raise Refused(
            f"SES accepts at most {MOST_TOPICS} topics in a list, but {path} has {len(read)}"
        )
    return read
