"""People by role: a file of users and groups, and the topics of each role. Pure.

AWS IAM Identity Center has no export. `aws identitystore list-users` with `list-group-memberships`
gives these columns, and other directories export them.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from changecast_cli.contacts.file import ListedPerson, People, RefusedLine, of_row, once
from changecast_cli.contacts.records import Choice
from changecast_cli.contacts.table import Columns, Row, read_table
from changecast_cli.failures import Refused
from changecast_cli.text_files import read_text

ROLE_COLUMNS = ("role", "roles", "group", "groups", "groupname", "group name", "displayname",
                "permissionset", "permission set")  # fmt: skip
_SPLIT = re.compile(r"\s*[;|]\s*")
NO_TOPICS = "no topics for role"
Roles = Mapping[str, tuple[str, ...]]


def read_roles(path: Path, topics: Sequence[str]) -> Roles:
    """Read role -> topics from a TOML file with [roles]; Refused if it is wrong."""
    try:
        said = tomllib.loads(read_text(path, expected="TOML")).get("roles", {})
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {error}") from error
    if not said or not all(isinstance(each, list) for each in said.values()):
        raise Refused(f'{path} needs [roles], for example "Change approvers" = ["approvals"]')
    unknown = {topic for each in said.values() for topic in each} - set(topics)
    if unknown:
        raise Refused(
            f"{path} names topics that the contact list does not have: "
            f"{', '.join(sorted(unknown))}. It has: {', '.join(sorted(topics))}"
        )
    return {role.strip().lower(): tuple(each) for role, each in said.items()}


def people_by_role(text: str, roles: Roles, defaults: Mapping[str, Choice]) -> People:
    """Read everybody whose role has topics, and every refused line.

    A line per user and group, or one per user with groups separated by `;` or `|`.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    table = read_table(text, list(defaults), ROLE_COLUMNS)
    if table is None or not table.columns.role:
        raise Refused("the first line must name a column email and a column role (or group)")
    entries = [one for row in table.rows for one in _of_row(row, table.columns, roles, defaults)]
    people = once(entries)
    lines = len({one.line for one in entries})
    return replace(people, lines=lines, unused=tuple(table.unused), origins=table.origins)


def _of_row(
    row: Row, columns: Columns, roles: Roles, defaults: Mapping[str, Choice]
) -> Iterator[ListedPerson | RefusedLine]:
    said = "; ".join(row.cells[at] for at in columns.role if at < len(row.cells))
    topics = _topics(said, roles)
    found = list(of_row(row, columns, defaults, given=dict.fromkeys(topics, "OPT_IN")))
    for one in found:
        is_nobody = isinstance(one, ListedPerson) and not topics and not one.unsubscribed
        address = one.address if isinstance(one, ListedPerson) else ""
        yield RefusedLine(one.line, address, f"{NO_TOPICS} {said!r}") if is_nobody else one


def _topics(said: str, roles: Roles) -> list[str]:
    found = (roles.get(role.lower(), ()) for role in _SPLIT.split(said))
    return list(dict.fromkeys(topic for topics in found for topic in topics))
