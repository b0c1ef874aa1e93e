"""changecast contacts topics: the topics of the list against those that it should have."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from changecast_cli.contacts.account import (
    AccountProfile,
    AccountRegion,
    Code,
    OpenList,
    PerSecond,
    open_list,
)
from changecast_cli.contacts.backup import backup, write_backup
from changecast_cli.contacts.topics_known import MOST_TOPICS, TOPICS, differences
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import out, print_json

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import TopicTypeDef


def topics(
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Add what is missing, set other defaults right.")
    ] = False,
    remove: Annotated[
        bool,
        typer.Option("--remove", help="With --reconcile: remove foreign topics, after a backup."),
    ] = False,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", help="TOML with [[topic]] tables, instead of the template's."),
    ] = None,
    customer: Code = None,
    per_second: PerSecond = 1.0,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Show the list's topics and how they differ from what they should be."""
    contacts = open_list(customer, profile, region, per_second)
    found = contacts.pace(contacts.ses.get_contact_list, ContactListName=contacts.name)
    have: list[TopicTypeDef] = found.get("Topics", [])
    wanted = _from(from_file) if from_file else TOPICS
    missing, foreign, differing = differences(have, wanted)
    saved = None
    if reconcile:
        saved = _backed_up(contacts) if remove and foreign else None
        kept = [topic for topic in have if topic["TopicName"] in foreign and not remove]
        own = {topic["TopicName"]: topic for topic in have}
        set_right = [{**own.get(topic["TopicName"], {}), **_ours(topic, own)} for topic in wanted]
        contacts.pace(
            contacts.ses.update_contact_list,
            ContactListName=contacts.name,
            Description=found.get("Description", ""),
            Topics=[*set_right, *kept],
        )
    difference = {"missing": missing, "foreign": foreign, "other_default": differing}
    if as_json:
        print_json({"topics": have, **difference, "reconciled": reconcile, "backup": saved})
        return
    for topic in have:
        out.print(f"{topic['TopicName']:<16}{topic['DefaultSubscriptionStatus']:<9}"
                  f"{topic.get('DisplayName', '')}")  # fmt: skip
    for word, names in difference.items():
        if names:
            out.print(f"[yellow]{word.replace('_', ' ')}[/]: {', '.join(names)}")
    if saved:
        out.print(f"backup: {saved}")
    if any(difference.values()):
        out.print("set right" if reconcile else "again with --reconcile to set it right")
    else:
        out.print("as they should be")


def _ours(topic: "TopicTypeDef", own: Mapping[str, "TopicTypeDef"]) -> dict[str, Any]:
    """A topic that is there keeps its name for people; the default is what counts."""
    if topic["TopicName"] not in own:
        return dict(topic)
    return {"DefaultSubscriptionStatus": topic["DefaultSubscriptionStatus"]}


def _backed_up(contacts: OpenList) -> str:
    path = Path(f"contacts-{contacts.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json")
    write_backup(path, backup(contacts, attributes=False))
    return str(path)


def _from(path: Path) -> "Sequence[TopicTypeDef]":
    """[[topic]] name, display, description, default (opt_in or opt_out)."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))["topic"]
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
        raise Refused(f"{path}: wants [[topic]] with name, display, default: {error!r}") from error
    if len(read) > MOST_TOPICS:
        raise Refused(f"SES takes {MOST_TOPICS} topics a list, {path} has {len(read)}")
    return read
