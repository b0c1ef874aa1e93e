"""People by role: a file of users and groups, and which topics a role hears of. Pure.

AWS IAM Identity Center has no export of its own; `aws identitystore list-users` with
`list-group-memberships` gives these columns, and other directories export them.
"""

import csv
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from changecast.recipients import normalise
from changecast_cli.contacts.file import ADDRESS_COLUMNS, RefusedLine, Wanted
from changecast_cli.customers.input import address_faults
from changecast_cli.failures import Refused
from changecast_cli.text_files import delimiter_of

ROLE_COLUMNS = ("role", "roles", "group", "groups", "groupname", "group name", "displayname",
                "permissionset", "permission set")  # fmt: skip
_SPLIT = re.compile(r"\s*[;|]\s*")
Roles = Mapping[str, tuple[str, ...]]


def read_roles(path: Path, topics: Sequence[str]) -> Roles:
    """role -> topics, out of a TOML file with [roles]; Refused where it is wrong."""
    try:
        said = tomllib.loads(path.read_text("utf-8")).get("roles", {})
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {error}") from error
    if not said or not all(isinstance(each, list) for each in said.values()):
        raise Refused(f'{path} wants [roles], for instance "Change approvers" = ["approvals"]')
    unknown = {topic for each in said.values() for topic in each} - set(topics)
    if unknown:
        raise Refused(f"{path}: the list has no topic {', '.join(sorted(unknown))}")
    return {role.strip().lower(): tuple(each) for role, each in said.items()}


def people_by_role(text: str, roles: Roles) -> tuple[list[Wanted], list[RefusedLine]]:
    """Everybody whose role hears of something, and every line that is nobody.

    A line per user and group, or one per user with groups separated by `;` or `|`.
    """
    reader = csv.reader(text.splitlines(), delimiter=delimiter_of(text))
    header = [cell.strip().lower() for cell in next(reader, [])]
    address_at = next((at for at, name in enumerate(header) if name in ADDRESS_COLUMNS), None)
    role_at = next((at for at, name in enumerate(header) if name in ROLE_COLUMNS), None)
    if address_at is None or role_at is None:
        raise Refused("the first line must name a column email and a column role (or group)")
    wanted: dict[str, Wanted] = {}
    refused: list[RefusedLine] = []
    for cells in reader:
        padded = [cell.strip() for cell in cells] + [""] * len(header)
        address, said = padded[address_at], padded[role_at]
        if not any(padded):
            continue
        faults = list(address_faults(address))
        topics = _topics(said, roles)
        if faults or not topics:
            reason = faults[0] if faults else f"no topics for role {said!r}"
            refused.append(RefusedLine(reader.line_num, address, reason))
            continue
        before = wanted.get(normalise(address))
        both = dict.fromkeys([*((before.topics or ()) if before else ()), *topics])
        line = before.line if before else reader.line_num
        wanted[normalise(address)] = Wanted(line, address, tuple(both))
    return list(wanted.values()), refused


def _topics(said: str, roles: Roles) -> list[str]:
    found = (roles.get(role.lower(), ()) for role in _SPLIT.split(said))
    return list(dict.fromkeys(topic for topics in found for topic in topics))
