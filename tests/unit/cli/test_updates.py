"""Who is told of an edited document, by `changecast preview NEW --previous OLD`."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from changecast.hub.announcing.metadata import read_document
from changecast_cli.preview.life import Life, current_of
from tests.support.builders import NOW, SAMPLES
from tests.support.mails import brand
from tests.unit.cli.test_preview import ROOT, previewed

BRIDGE = {
    "include_meeting": True,
    "meetingTitle": "Bridge",
    "meetingStart": "2027-01-20T21:45:00Z",
    "meetingDuration": "60",
    "meetingLocation": "https://meet.provider.example/old",
}
APPROVED = json.loads((SAMPLES / "a-current-approved.json").read_text("utf-8"))
OLD = APPROVED | BRIDGE | {
    "customerImpact": "VPN sessions drop for 5 minutes.",
    "links": [{"title": "Runbook", "url": "https://wiki.provider.example/1"}],
    "services": ["VPN"],
}  # fmt: skip
NEW = OLD | {"version": 9}


def after_edit(**fields: Any) -> Life:
    """What it causes now: `preview` shows this, and then the later mails."""
    old, new = read_document(json.dumps(OLD)), read_document(json.dumps(NEW | fields))
    return current_of(new, old, brand(), NOW)


def test_a_preview_says_what_the_edit_causes_now_before_the_later_mails(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(OLD))
    new.write_text(json.dumps(NEW | {"services": ["DNS"]}))
    found = previewed(tmp_path / "p", new, "--previous", old, "--customer", "acme")
    life = after_edit(services=["DNS"])
    assert found["says"] == life.says
    names = [(mail["name"], mail["now"]) for mail in found["mails"]]
    assert names[: len(life.mails)] == [(mail.name, True) for mail in life.mails]
    assert not any(now for _, now in names[len(life.mails) :])


@pytest.mark.parametrize(
    "fields",
    [
        {"meetingLocation": "https://meet.provider.example/new"},
        {"meetingLocation": "Room 3"},
        {"meetingTitle": "Another bridge"},
        {"meetingJoinUrl": "https://meet.provider.example/dial-in"},
        {"meetingDuration": 90},
        {"include_meeting": False},
        {"changeTitle": "Patch other hosts"},
        {"rollbackPlan": "Call the vendor."},
        {"links": ["https://wiki.provider.example/1"]},
        {"attachments": ["plan.pdf"]},
        {"impactLevel": "outage"},
        {"services": ["VPN", "DNS"]},
        {"action": "Reconnect afterwards."},
        {"customerDetails": {"acme": {"hosts": ["vpn-1"]}}},
    ],
)
def test_everybody_who_was_told_otherwise_gets_an_update(
    fields: dict[str, Any],
) -> None:
    found = after_edit(**fields)
    assert found.says == "Subscribers of announcements would get a mail now: update."
    assert found.mails[0].name == "update-changed"


@pytest.mark.parametrize(
    "fields",
    [
        {"customerImpact": "VPN sessions drop for 5 minutes.\n"},
        {"customerImpact": "VPN sessions drop for 5 minutes.  "},
        {"customerImpact": "VPN\u00a0sessions drop\u2009for 5 minutes"},
        {"customerImpact": "\r\nVPN sessions drop for 5 minutes.\r\n"},
        {"implementationPlan": APPROVED["implementationPlan"].replace("\n", " \r\n") + "\r\n"},
        {"changeTitle": APPROVED["changeTitle"] + "\n"},
        {"changeReason": unicodedata.normalize("NFD", APPROVED["changeReason"])},
        {"links": [None, {"title": " Runbook\n", "url": "https://wiki.provider.example/1 "}, ""]},
        {"services": ["VPN ", None]},
        {"customerDetails": {"acme": {"note": None, "hosts": []}}},
        {"customerDetails": {"globex": {"hosts": ["vpn-9"]}}},
        {"implementationStart": "2027-01-20t23:00:00+01:00"},
        {"timezone": "Europe/Berlin"},
        {"modifiedAt": "2027-01-16T00:00:00Z", "prior_status": "approved"},
    ],
)
def test_nobody_who_is_up_to_date_is_mailed_for_nothing(
    fields: dict[str, Any],
) -> None:
    found = after_edit(**fields)
    assert found.says.startswith("Only people who missed the last revision would get a mail now")
    assert [mail.name for mail in found.mails] == ["update-full"]


@pytest.mark.parametrize("name", ["Acme\u00a0Industries", " Acme Industries\n", "Acme  Industries"])
def test_a_name_with_other_blanks_is_previewed_as_the_customer_it_names(
    tmp_path: Path, name: str
) -> None:
    what = json.loads((SAMPLES / "c-names-only.json").read_text("utf-8"))
    what["changeMetadata"]["customerName"] = name
    file = tmp_path / "names.json"
    file.write_text(json.dumps(what))
    found = previewed(tmp_path / "p", file, "--customer", "acme")
    assert found["says"].startswith("Subscribers of approvals")


def test_a_name_in_another_unicode_form_is_previewed_as_the_customer_it_names(
    tmp_path: Path,
) -> None:
    config = tmp_path / "samconfig.toml"
    text = (ROOT / "samconfig.toml").read_text("utf-8")
    config.write_text(re.sub(r'CustomerName="?Acme Industries"?', 'CustomerName="Müller"', text))
    what = json.loads((SAMPLES / "c-names-only.json").read_text("utf-8"))
    what["changeMetadata"]["customerName"] = unicodedata.normalize("NFD", "Müller")
    file = tmp_path / "names.json"
    file.write_text(json.dumps(what, ensure_ascii=False))
    found = previewed(tmp_path / "p", file, "--customer", "acme", "--config", config)
    assert found["says"].startswith("Subscribers of approvals")
