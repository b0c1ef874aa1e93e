"""Roles out of a directory's export become topics."""

from pathlib import Path

import pytest

from changecast_cli.contacts.roles import people_by_role, read_roles
from changecast_cli.failures import Refused

ROLES = {"change approvers": ("approvals", "announcements"), "everybody": ("announcements",)}


def test_a_line_per_user_and_group_is_joined() -> None:
    text = (
        "UserName,Email,GroupName\n"
        "ana,ana@acme.example,Everybody\n"
        "ana,ana@acme.example,Change Approvers\n"
        "ben,ben@acme.example,Cleaners\n"
        "cy,not-an-address,Everybody\n"
    )
    wanted, refused = people_by_role(text, ROLES)
    assert [(one.address, one.topics) for one in wanted] == [
        ("ana@acme.example", ("announcements", "approvals"))
    ]
    assert [one.line for one in refused] == [4, 5]
    assert "no topics for role 'Cleaners'" in refused[0].reason


def test_groups_in_one_cell_are_split() -> None:
    wanted, _ = people_by_role("email;groups\na@acme.example;Everybody|Change approvers\n", ROLES)
    assert wanted[0].topics == ("announcements", "approvals")


def test_a_file_without_roles_is_refused() -> None:
    with pytest.raises(Refused, match="a column role"):
        people_by_role("email,team\na@acme.example,x\n", ROLES)


def test_a_role_with_a_topic_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "roles.toml"
    path.write_text('[roles]\n"Change approvers" = ["aprovals"]\n')
    with pytest.raises(Refused, match="no topic aprovals"):
        read_roles(path, ["approvals"])
