"""People out of files: CSV of any kind, pasted lines, and every line that is nobody."""

import pytest

from changecast_cli.contacts.file import read_people

TOPICS = ["approvals", "announcements", "calendar"]


def addresses(text: str) -> list[str]:
    return [one.address for one in read_people(text, TOPICS, None)[0]]


@pytest.mark.parametrize(
    "text",
    [
        "ana@acme.example\nben@acme.example\n",
        "ana@acme.example; ben@acme.example",
        "Ana <ana@acme.example>, Ben <ben@acme.example>",
        '"Garcia, Ana" <ana@acme.example>\n# a comment\n\nben@acme.example',
        "email\nana@acme.example\nben@acme.example",
        "Name;E-Mail\nAna;ana@acme.example\nBen;ben@acme.example",
        "Email Address\tTeam\nana@acme.example\tx\nben@acme.example\ty",
    ],
)
def test_people_are_found_in_whatever_was_pasted(text: str) -> None:
    assert addresses(text) == ["ana@acme.example", "ben@acme.example"]


def test_topics_come_from_a_column_or_a_column_each() -> None:
    named = read_people("email,topics\na@acme.example,approvals calendar\n", TOPICS, None)[0]
    each = read_people("email,calendar,approvals\na@acme.example,yes,no\n", TOPICS, None)[0]
    given = read_people("a@acme.example", TOPICS, ["calendar"])[0]
    assert [one.topics for one in (*named, *each, *given)] == [
        ("approvals", "calendar"), ("calendar",), ("calendar",),
    ]  # fmt: skip


def test_a_person_named_twice_counts_once_with_both_topics() -> None:
    text = "email,topics\nAna@acme.example,approvals\nana@ACME.example,calendar\n"
    wanted, refused = read_people(text, TOPICS, None)
    assert [(one.line, one.topics) for one in wanted] == [(2, ("approvals", "calendar"))]
    assert [(one.line, one.harmless) for one in refused] == [(3, True)]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("ana@acme", "no mail address"),
        ("ana@@acme.example", "address"),
        ("ana@acme..example", "no mail address"),
        ("anä@acme.example", "no mail address"),
        ("a" * 65 + "@acme.example", "no mail address"),
        ("just a sentence", "address"),
        ("@acme.example", "address"),
    ],
)
def test_a_line_that_is_nobody_is_refused_with_its_number(line: str, says: str) -> None:
    wanted, refused = read_people(f"ben@acme.example\n{line}\n", TOPICS, None)
    assert [one.address for one in wanted] == ["ben@acme.example"]
    assert all(one.line == 2 and says in one.reason for one in refused)
    assert refused


def test_an_unknown_topic_is_refused_with_those_that_there_are() -> None:
    _, refused = read_people("email,topics\na@acme.example,news\n", TOPICS, None)
    assert "no topic news (it has approvals, announcements, calendar)" in refused[0].reason
