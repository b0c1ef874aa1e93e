"""Every kind of mail and every time zone, read by postal-mime, ical.js and vobject."""

import base64
import email
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
import vobject

from changecast.contract.fields import time_zones
from changecast.customer.mailing import MailKind
from changecast.customer.renderings.splice import load, splice
from tests.support.builders import change
from tests.support.mails import (
    READER,
    calendar_parts,
    calendars_of,
    event_of,
    html_of,
    raw_mail,
    text_of,
)
from tests.support.previews import ALL, life

SEED = 1
MAINTENANCE = (
    "X-MAINTNOTE-PROVIDER", "X-MAINTNOTE-ACCOUNT", "X-MAINTNOTE-MAINTENANCE-ID",
    "X-MAINTNOTE-IMPACT", "X-MAINTNOTE-STATUS",
)  # fmt: skip
# The mails of each sample. They are composed by the first test that reads one, because every worker
# imports this module.
_NEW = "announcement-full approval_request started completed cancelled withdrawn"
_MOVED = "update-changed update-full approval_request announcement started completed cancelled"
_LEFT = "withdrawn-full approval_request announcement started completed cancelled"
_ASKED = "approval_request-full announcement started completed cancelled withdrawn"
_NOTICE = "announcement-full approval_request cancelled withdrawn"
_KINDS = (
    _NEW, f"{_MOVED} withdrawn", _LEFT, _NEW, _ASKED, _ASKED, _ASKED, _ASKED, _NOTICE,
)  # fmt: skip
NAMES = [
    f"{shown.name}/{kind}"
    for shown, kinds in zip(ALL, _KINDS, strict=True)
    for kind in kinds.split()
]
Mails = dict[str, bytes]


@pytest.fixture(scope="module")
def raw() -> Mails:
    return {
        f"{shown.name}/{mail.name}": splice(load(mail.rendering), READER)
        for shown in ALL
        for mail in life(shown, "en").mails
    }


@pytest.fixture(scope="module")
def found(raw: Mails, node: Callable[[str, Any], Any]) -> dict[str, Any]:
    mails = [base64.b64encode(each).decode() for each in raw.values()]
    return dict(zip(raw, node("read_mail.mjs", mails), strict=True))


def test_every_mail_is_read(raw: Mails) -> None:
    assert [*raw] == NAMES


def test_there_is_a_mail_of_each_kind() -> None:
    for kind in set(MailKind) - {MailKind.REMINDER}:  # it asks nothing of calendars
        assert any(kind.value in name for name in NAMES), kind


@pytest.mark.parametrize("name", NAMES)
def test_another_reader_finds_the_same_mail(name: str, raw: Mails, found: dict[str, Any]) -> None:
    ours = email.message_from_bytes(raw[name], policy=default)
    theirs = found[name]
    assert theirs["subject"] == ours["Subject"]
    assert theirs["from"]["address"] == ours["From"].addresses[0].addr_spec
    assert [each["address"] for each in theirs["to"]] == [READER]
    assert theirs["bcc"] is None
    assert len(theirs["headers"]) == len(set(theirs["headers"]))
    assert theirs["text"].strip() == text_of(ours).strip()
    assert theirs["html"].strip() == html_of(ours).strip()


@pytest.mark.parametrize("name", NAMES)
def test_another_calendar_finds_the_same_entries_at_the_same_instants(
    name: str, raw: Mails, found: dict[str, Any]
) -> None:
    ours = calendars_of(email.message_from_bytes(raw[name], policy=default))
    theirs = found[name]["calendars"]
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        event = event_of(mine)
        assert other["method"] == other["said"] == mine["METHOD"]
        assert other["events"] == [
            {
                "uid": event["UID"],
                "sequence": event["SEQUENCE"],
                "summary": event["SUMMARY"],
                "attendees": [] if mine["METHOD"] == "PUBLISH" else [f"mailto:{READER}"],
                "start": event["DTSTART"].dt.timestamp(),
                "end": event["DTEND"].dt.timestamp(),
                "status": event["STATUS"],
                "description": event["DESCRIPTION"],
                "location": event.get("LOCATION"),
            }
        ]


@pytest.mark.parametrize("name", NAMES)
def test_a_third_calendar_finds_them_too(name: str, raw: Mails) -> None:
    message = email.message_from_bytes(raw[name], policy=default)
    ours = calendars_of(message)
    theirs = [_read_by_vobject(part) for part in calendar_parts(message)]
    assert theirs == [_facts_of(event_of(each), str(each["METHOD"])) for each in ours]


def _facts_of(event: Any, method: str) -> dict[str, Any]:
    attendee = event.get("ATTENDEE")
    return {
        "method": method,
        "uid": event["UID"],
        "sequence": str(event["SEQUENCE"]),
        "summary": event["SUMMARY"],
        "description": event["DESCRIPTION"],
        "location": event.get("LOCATION"),
        "status": event["STATUS"],
        "attendees": [attendee] if attendee else [],
        "start": event["DTSTART"].dt.timestamp(),
        "end": event["DTEND"].dt.timestamp(),
        "maintenance": [event[name] for name in MAINTENANCE if name in event],
    }


def _read_by_vobject(part: EmailMessage) -> dict[str, Any]:
    found = part.get_content()
    text = found.decode() if isinstance(found, bytes) else str(found)
    calendar = vobject.readOne(text)
    event = calendar.vevent

    def value(name: str) -> Any:
        lines = event.contents.get(name.lower(), [])
        return lines[0].value if lines else None

    return {
        "method": calendar.method.value,
        **{
            name: value(name)
            for name in ("uid", "sequence", "summary", "description", "location", "status")
        },
        "attendees": [each.value for each in event.contents.get("attendee", [])],
        "start": value("dtstart").timestamp(),
        "end": value("dtend").timestamp(),
        "maintenance": [value(name) for name in MAINTENANCE if value(name) is not None],
    }


def test_another_calendar_reads_the_same_instant_from_every_zone(
    node: Callable[[str, Any], Any],
) -> None:
    """ical.js knows no zone: it goes by our VTIMEZONE alone."""
    hours = random.Random(SEED)
    windows = {}
    for zone in sorted(time_zones()):
        start = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(hours=hours.randrange(365 * 24))
        windows[zone] = {"start": start, "end": start + timedelta(minutes=90)}
    mails = [raw_mail(about=change(window=each), timezone=zone) for zone, each in windows.items()]
    read = node("read_mail.mjs", [base64.b64encode(each).decode() for each in mails])
    events = dict(zip(windows, (found["calendars"][0]["events"][0] for found in read), strict=True))
    for zone, window in windows.items():
        assert events[zone]["start"] == window["start"].timestamp(), (zone, window)
        assert events[zone]["end"] == window["end"].timestamp(), (zone, window)
