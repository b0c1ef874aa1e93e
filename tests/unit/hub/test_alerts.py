"""An alert is short, plain, and cannot be dressed up by what it is about."""

import pytest

from changecast.alerts import MOST_LISTED, SUBJECT_LIMIT, facts, found, rejected_file

ROW = {
    "change_id": "CHG-1",
    "revision": 3,
    "customer": "acme",
    "title": "Patch",
    "finding": {"cause": "no_route", "message": "no rule", "command": "look"},
}


@pytest.mark.parametrize(
    "key",
    ["incoming/x\nCause:     all is well.json", "incoming/\x07\u202eé.json", "i/" + "x" * 900],
)
def test_a_files_name_cannot_make_lines_or_a_subject_that_is_refused(key: str) -> None:
    alert = rejected_file(key, "why\nnot", "s3://bucket/rejected/x.json")
    assert len(alert.text.splitlines()) == 4
    assert "\x07" not in alert.text
    assert len(alert.subject) <= SUBJECT_LIMIT
    assert alert.subject.isascii()
    assert alert.subject.isprintable()


def test_however_much_there_is_to_say_sns_takes_it() -> None:
    says = "drops without a word: " + ", ".join(f"kundin-größe-{number}" for number in range(2_000))
    fact = {"pk": "fact#CHG-1", "cause": "bypassed", "change_id": "CHG-1", "revision": 1,
            "message": says, "found_at": "2027-01-16T08:05:00Z"}  # fmt: skip
    text = facts([fact] * (MOST_LISTED + 5)).text
    assert len(text.encode()) < 256 * 1_024
    assert "kundin-größe-7" in text


def test_filters_see_what_it_is_about() -> None:
    alert = found(ROW)
    assert alert.attributes == {
        "event": "found",
        "cause": "no_route",
        "customer": "acme",
        "change_id": "CHG-1",
    }
