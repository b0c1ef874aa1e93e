"""A document that cannot be announced: everything that is wrong, at once, each with its path."""

from typing import Any

import pytest

from changecast.hub.announcing.metadata import MetadataFault, read_document
from tests.support.builders import document, sample


def faults(what: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(MetadataFault) as refused:
        read_document(what, **options)
    found = dict(refused.value.faults)
    assert len(found) == len(refused.value.faults), "a path is named twice"
    assert all(message and "\n" not in message for message in found.values())
    return found


def test_every_fault_is_named_at_once() -> None:
    found = faults(
        {
            "changeTitle": "bell\u0007",
            "customers": ["acme", "Globex", "hub"],
            "implementationStart": "tomorrow",
            "timezone": "Mars/Olympus",
            "snowTicket": 4.2,
            "include_meeting": True,
            "meetingStart": "2027-01-20T22:00:00Z",
            "meetingDuration": "an hour",
            "status": "done",
            "version": 0,
            "links": [{"title": "x", "url": 7}, None, "javascript:alert(1)"],
            "modifications": [
                {"timestamp": "2027-01-14T09:00:00Z", "modification_type": 7},
                {"modification_type": "created"},
                {"timestamp": "never", "modification_type": "created"},
                "approved",
            ],
        }
    )
    assert set(found) == {
        "$.changeId",
        "$.changeTitle",
        "$.customers[1]",
        "$.customers[2]",
        "$.implementationStart",
        "$.implementationEnd",
        "$.timezone",
        "$.snowTicket",
        "$.meetingDuration",
        "$.status",
        "$.version",
        "$.links[0].url",
        "$.links[2].url",
        "$.modifications[0].modification_type",
        "$.modifications[1].timestamp",
        "$.modifications[2].timestamp",
        "$.modifications[3]",
    }


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"changeTitle": "x" * 2_000}, "$.changeTitle", "at most 250 characters"),
        ({"changeTitle": None, "object_type": "change"}, "$.changeTitle", "is empty"),
        ({"changeTitle": "Patch\u0000"}, "$.changeTitle", "one line"),
        ({"changeReason": "x" * 100_001}, "$.changeReason", "at most 100000 characters"),
        ({"changeReason": {"a": 1}}, "$.changeReason", "string"),
        ({"customers": []}, "$.customers", "names no customer"),
        ({"customers": None}, "$.customers", "names no customer"),
        ({"customers": "acme"}, "$.customers", "list of strings"),
        ({"customers": ["acme", 7]}, "$.customers", "list of strings"),
        ({"customers": ["аcme"]}, "$.customers[0]", "not a customer code"),
        ({"customers": ["acme\n"]}, "$.customers[0]", "not a customer code"),
        ({"customers": ["acme", "x-route"]}, "$.customers[1]", "is reserved"),
        ({"implementationEnd": "2027-01-20T21:00:00Z"}, "$.implementationStart", "must end after"),
        ({"implementationEnd": "2027-01-20T22:00:00Z"}, "$.implementationStart", "must end after"),
        ({"implementationEnd": None}, "$.implementationEnd", "a window needs a start and an end"),
        (
            {"implementationStart": None},
            "$.implementationStart",
            "a window needs a start and an end",
        ),
        (
            {"implementationStart": None, "implementationEnd": None},
            "$.implementationStart",
            "needs a window",
        ),
        ({"customers": [f"c{n}" for n in range(10_001)]}, "$.customers", "10,001 customers"),
        ({"version": 1.5}, "$.version", "whole number"),
        ({"version": True}, "$.version", "whole number"),
        ({"version": 1_000_000}, "$.version", "whole number"),
        ({"changeId": "CHG 1"}, "$.changeId", "is not a change id: start with a letter or a digit"),
        ({"changeId": 42117.5}, "$.changeId", "must be a valid string"),
        ({"changeId": True}, "$.changeId", "must be a valid string"),
        ({"customerDetails": {"Acme": {}}}, "$.customerDetails.Acme", "is not a customer code"),
        ({"testRun": "perhaps"}, "$.testRun", "boolean"),
        (
            {"include_meeting": True, "meetingDuration": -5},
            "$.meetingDuration",
            "greater than or equal to 1",
        ),
    ],
)
def test_a_fault_is_one_clear_sentence_at_its_path(
    fields: dict[str, Any], path: str, words: str
) -> None:
    found = faults(document(**fields))
    assert list(found) == [path]
    assert words in found[path]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("nonsense", "not JSON"),
        ("[]", "JSON object"),
        ("null", "JSON object"),
        ("{}", "not a change document"),
        ('{"object_type": "incident"}', "not a change document"),
        ('{"changeId": "1", "changeId": "2"}', "appears twice"),
        ('{"changeTitle": NaN}', "not a JSON number"),
        ('{"changeTitle": "\\ud800"}', "half of a surrogate pair"),
        ('{"changeTitle":' * 1_000 + "1" + "}" * 1_000, "deeper than"),
        (b'{"changeTitle": "' + b"x" * 5_000_000 + b'"}', "the limit is 900,000"),
        (b"\xff{", "not valid UTF-8"),
        (b"\xff\xfe{", "not valid UTF-16"),
        (b"\xff\xfe", "empty"),
        ("{}".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        ("{}".encode("utf-16-be"), "UTF-16 without a byte order mark"),
    ],
)
def test_what_is_no_document_is_said_in_one_sentence(text: str | bytes, words: str) -> None:
    found = faults(text)
    assert list(found) == ["$"]
    assert words in found["$"]


class Tree(dict[str, Any]):
    """A document that contains itself."""


def test_a_document_built_in_python_gets_the_same_checks() -> None:
    loop = Tree(document())
    loop["self"] = loop
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    for what in (
        document(extra=object()),
        document(extra=float("nan")),
        document(extra="\ud800"),
        document(extra=deep),
        loop,
    ):
        assert list(faults(what)) == ["$"]
    while isinstance(deep, list):  # a deep list must not be freed by recursion
        deep = deep[0]


@pytest.mark.parametrize(
    ("name", "edit", "path"),
    [
        ("b-form-export", {"title": ""}, "$.change_metadata.title"),
        ("b-form-export", {"customer_codes": ["x y"]}, "$.change_metadata.customer_codes[0]"),
        ("b-form-export", {"schedule": {}}, "$.change_metadata.schedule.implementation_start"),
        ("c-early-camel", {"testPlan": 1}, "$.changeMetadata.testPlan"),
        ("c-early-camel", {"tickets": {"jira": "a\nb"}}, "$.changeMetadata.tickets.jira"),
    ],
)
def test_a_fault_is_named_where_it_stands_in_its_own_shape(
    name: str, edit: dict[str, Any], path: str
) -> None:
    what = sample(name)
    inner = "change_metadata" if name.startswith("b") else "changeMetadata"
    what[inner] |= edit
    assert list(faults(what)) == [path]


def test_a_document_without_identity_asks_for_one_and_takes_it() -> None:
    export = sample("b-form-export")
    export["change_metadata"]["tickets"] = {}
    assert "--change-id" in faults(export)["$.change_id"]
    assert read_document(export, change_id="MY-1").change.change_id == "MY-1"


def test_tickets_stand_for_an_id_servicenow_first_and_a_given_id_before_both() -> None:
    export = sample("b-form-export")
    assert read_document(export, change_id="MY-1").change.change_id == "MY-1"
    export["change_metadata"]["tickets"]["service_now"] = ""
    assert read_document(export).change.change_id == "DBA-77"


def test_a_given_id_does_not_rename_a_change() -> None:
    assert read_document(document(), change_id="CHG-1").change.change_id == "CHG-1"
    assert "--change-id" in faults(document(), change_id="CHG-2")["$.changeId"]


def test_a_customer_named_twice_is_told_once_with_a_warning() -> None:
    read = read_document(document(customers=["acme", "globex", "acme"]))
    assert read.customers == ("acme", "globex")
    assert read.warnings == ("customers named more than once are told only once: acme",)


def test_an_announcement_with_a_meeting_says_when() -> None:
    what = sample("e-announcement")
    del what["meeting_date"]
    assert faults(what) == {"$.meeting_date": "is missing: say when the meeting starts"}


def test_a_customer_section_with_an_odd_name_is_quoted_in_its_path() -> None:
    assert list(faults(document(customer_details={"a b": 1}))) == ["$.customer_details['a b']"]
