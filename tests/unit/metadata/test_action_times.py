"""An hour in what customers must do: readers in another time zone take it for their own."""

import pytest

from changecast.hub.announcing.metadata import read_document
from tests.support.builders import document


def warned(zone: str = "Europe/Madrid", **more: object) -> list[str]:
    return [
        one for one in read_document(document(timezone=zone, **more)).warnings if "no time" in one
    ]


@pytest.mark.parametrize(
    ("action", "time"),
    [
        ("Close your VPN sessions before 22:00.", "22:00"),
        ("Log out by 9:30!", "9:30"),
        ("Save your work (until 21:59).", "21:59"),
        ("Log out before 10 pm.", "10 pm"),
        ("Log out before 10:30 p.m. and wait", "10:30 p.m."),
        ("Déconnectez-vous avant 22h00.", "22h00"),
        ("Tell the IT desk at 08:00 that MUST log out", "08:00"),
    ],
)
def test_an_hour_without_its_zone_is_named_with_what_to_write(action: str, time: str) -> None:
    (everybody,) = warned(action=action)
    assert everybody == (
        f"$.action: {time!r} has no time zone, and each reader sees the window in their own. "
        f'Write a time zone too ("{time} Madrid time"), or the moment ("before the work starts")'
    )
    (own,) = warned(customer_details={"acme": {"action": action}, "globex": {"action": "Wait."}})
    assert own.startswith(f"$.customer_details.acme.action: {time!r} has no time zone")


@pytest.mark.parametrize(
    "action",
    [
        "Log out before 22:00 UTC.", "Log out before 22:00 (CET).", "Log out before 10 pm EST.",
        "Log out before 22:00 Madrid time.", "Log out at 22:00, your time.",
        "Log out by 2027-01-20T22:00:00Z.", "Log out by 22:00+01:00.", "Log out by 21:00Z.",
        "All times are in Europe/Madrid: log out by 22:00.", "Log out before the work starts.",
        "Connect to 10.0.0.10:22, then to vpn:10:30.", "Use a ratio of 1:1.", "Say 25:00.",
        "The address is 00:1b:44:11:3a:b7.", "Update to 10.15 within 24 h.", "Call 22:000.",
    ],
)  # fmt: skip
def test_a_time_with_its_zone_and_what_is_no_time_are_not_warned_of(action: str) -> None:
    assert warned(action=action) == []


@pytest.mark.parametrize(
    ("zone", "written"),
    [("UTC", "22:00 UTC"), ("America/New_York", "22:00 New York time"), ("Etc/UTC", "22:00 UTC"),
     ("America/Argentina/Buenos_Aires", "22:00 Buenos Aires time")],
)  # fmt: skip
def test_the_zone_to_write_is_the_documents(zone: str, written: str) -> None:
    (one,) = warned(zone, action="Log out before 22:00.")
    assert f'("{written}")' in one
