"""Roles out of a directory's export become topics."""

from pathlib import Path

import pytest

from changecast_cli.contacts.records import Choice
from changecast_cli.contacts.roles import people_by_role, read_roles
from changecast_cli.failures import Refused

DEFAULTS: dict[str, Choice] = {"approvals": "OPT_OUT", "announcements": "OPT_IN"}
ROLES = {"change approvers": ("approvals", "announcements"), "everybody": ("announcements",)}


def test_a_line_per_user_and_group_is_joined() -> None:
    text = (
        "UserName,Email,GroupName\n"
        "ana,ana@acme.example,Everybody\n"
        "ana,ana@acme.example,Change Approvers\n"
        "ben,ben@acme.example,Cleaners\n"
        "cy,not-an-address,Everybody\n"
    )
    found = people_by_role(text, ROLES, DEFAULTS)
    assert [(one.address, tuple(one.choices)) for one in found.requested] == [
        ("ana@acme.example", ("announcements", "approvals"))
    ]
    assert [one.line for one in found.refused if not one.harmless] == [4, 5]
    assert "no topics for role 'Cleaners'" in found.refused[-2].reason


def test_groups_in_one_cell_are_split() -> None:
    text = "email;groups\na@acme.example;Everybody|Change approvers\n"
    (one,) = people_by_role(text, ROLES, DEFAULTS).requested
    assert tuple(one.choices) == ("announcements", "approvals")


def test_a_file_without_roles_is_refused() -> None:
    with pytest.raises(Refused, match="a column role"):
        people_by_role("email,team\na@acme.example,x\n", ROLES, DEFAULTS)


def test_a_role_with_a_topic_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "roles.toml"
    path.write_text('[roles]\n"Change approvers" = ["aprovals"]\n')
    with pytest.raises(Refused, match="names topics that the contact list does not have: aprovals"):
        read_roles(path, ["approvals"])


def test_a_role_subscribes_nobody_who_is_unsubscribed_in_the_same_file() -> None:
    text = "email,role,status\nana@acme.example,Everybody,unsubscribed\n"
    (one,) = people_by_role(text, ROLES, DEFAULTS).requested
    assert one.unsubscribed
