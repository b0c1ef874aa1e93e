"""Input that comparable tools lost: one test for each loss, named after it.

Each table holds what was once reported, then further inputs of the same kind. The tables of all
kinds of input stand beside the modules that read them.
"""

import email
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from changecast.contract.change import Change
from changecast.customer.renderings.splice import load, splice
from changecast.hub.announcing.metadata import MetadataFault, place, read_document
from changecast.hub.registry import codes_by_name
from changecast_cli.contacts.file import People, read_people
from changecast_cli.contacts.records import Choice
from changecast_cli.failures import Refused
from changecast_cli.preview.life import current_of
from tests.support.builders import registered
from tests.support.mails import READER, brand, calendars_of, event_of, html_of, text_of

DOCUMENT = {
    "object_type": "change",
    "changeId": "CHG-9001",
    "changeTitle": "Replace the VPN gateways",
    "changeReason": "End of support.",
    "customers": ["acme"],
    "implementationPlan": "1. Drain\n2. Replace",
    "testPlan": "Login test",
    "customerImpact": "VPN sessions drop for 5 minutes.",
    "rollbackPlan": "Put the old ones back.",
    "implementationStart": "2027-01-20T22:00:00Z",
    "implementationEnd": "2027-01-20T23:30:00Z",
    "timezone": "Europe/Madrid",
    "status": "approved",
    "version": 3,
}
MEETING = {
    "include_meeting": True,
    "meetingTitle": "Bridge",
    "meetingStart": "2027-01-20T21:45:00Z",
    "meetingDuration": "60",
    "meetingLocation": "https://meet.provider.example/old",
}
NOW = datetime(2027, 1, 16, 8, 5, tzinfo=UTC)
DEFAULTS: dict[str, Choice] = {
    "approvals": "OPT_OUT", "announcements": "OPT_IN", "calendar": "OPT_OUT",
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What a document causes now: a sentence, and the mails, those with an entry first."""

    says: str
    mails: tuple[EmailMessage, ...]

    @property
    def mail(self) -> EmailMessage:
        """The richest of them."""
        return self.mails[0]

    @property
    def text(self) -> str:
        return text_of(self.mail)

    @property
    def html(self) -> str:
        return html_of(self.mail)


def told(previous: Mapping[str, Any] | None = None, /, *, by: Any = None, **fields: Any) -> Told:
    """What acme's people are told of the document with these fields."""
    document = read_document(json.dumps(DOCUMENT | fields))
    before = read_document(json.dumps(DOCUMENT | dict(previous))) if previous is not None else None
    life = current_of(document, before, by or brand(), NOW)
    now = [splice(load(one.rendering), READER) for one in life.mails]
    mails = [email.message_from_bytes(raw, policy=default) for raw in now]
    ordered = sorted(mails, key=lambda one: -len(calendars_of(one)))
    return Told(life.says, tuple(ordered))


def change_of(**fields: Any) -> Change:
    return read_document(json.dumps(DOCUMENT | fields)).change


def listed(text: str) -> People:
    return read_people(text, DEFAULTS, None)


def heard(text: str) -> dict[str, list[str]]:
    """Return the topics that each person of a file gets afterwards."""
    found = {}
    for one in listed(text).requested:
        choices = {**DEFAULTS, **one.choices}
        topics = [name for name, choice in choices.items() if choice == "OPT_IN"]
        found[one.address] = [] if one.unsubscribed else topics
    return found


def notice(mail: EmailMessage) -> str:
    """The level of impact in the maintenance notice."""
    (calendar,) = [one for one in calendars_of(mail) if "X-MAINTNOTE-IMPACT" in event_of(one)][:1]
    return str(event_of(calendar)["X-MAINTNOTE-IMPACT"])


# --- contacts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    'Ana Ruiz <ana@acme.example>; ben@acme.example\n"Ruiz, Carla" <carla@acme.example>, '
    "dan@acme.example\neve@acme.example\n",
    "ana@acme.example;ben@acme.example;carla@acme.example;dan@acme.example;eve@acme.example",
    "Ana <ana@acme.example> ben@acme.example\tCarla <carla@acme.example>\ndan@acme.example / "
    "eve@acme.example",
    "To: ana@acme.example, ben@acme.example\nCc: Carla Ruiz <carla@acme.example>\n"
    "Bcc: dan@acme.example; eve@acme.example;\n",
    "1. Ana (ana@acme.example)\n2. Ben (ben@acme.example)\n* carla@acme.example\n"
    "• dan@acme.example\n- eve@acme.example",
])  # fmt: skip
def test_nobody_who_stands_beside_others_on_a_pasted_line_is_lost(text: str) -> None:
    found = listed(text)
    names = [one.address.partition("@")[0] for one in found.requested]
    refused = " ".join(one.text for one in found.refused)
    for name in ("ana", "ben", "carla", "dan", "eve"):
        assert name in names or f"{name}@" in refused


@pytest.mark.parametrize("text", [
    "email,approvals,announcements,calendar\nned@acme.example,no,no,no\n",
    "email;approvals;announcements;calendar\nned@acme.example;Nein;NEIN;nein\n",
    "email\tannouncements\tname\nned@acme.example\tFALSE\tNed\n",
    "E-Mail,Announcements,Calendar\nned@acme.example,0,\n",
    "email,announcements\nned@acme.example,opt-out\n",
])  # fmt: skip
def test_who_is_no_in_a_topics_column_hears_nothing_of_it(text: str) -> None:
    assert heard(text) == {"ned@acme.example": []}


@pytest.mark.parametrize("rows", [
    "oli@acme.example,no,yes,no,yes\nmax@acme.example,no,no,no,no\n",
    "oli@acme.example,yes (default),yes,yes,yes\nmax@acme.example,no (default),no,no,\n",
    "Oli@Acme.example,no,yes,no,TRUE\nmax@acme.example,,no,,0\n",
    "oli@acme.example,,,,x\nmax@acme.example,no,no (chose yes),no,no\n",
])  # fmt: skip
def test_who_left_in_one_account_is_not_mailed_from_the_next(rows: str) -> None:
    header = "email,approvals,announcements,calendar,unsubscribed_from_all\n"
    assert list(heard(header + rows).values()) == [[], []]


@pytest.mark.parametrize("status", ["blocklisted", "unsubscribed", "Unsubscribed ", "OPTED OUT",
                                    "cleaned", "bounced", "Blacklisted"])  # fmt: skip
def test_who_another_tool_blocked_is_not_subscribed_here(status: str) -> None:
    text = f"email,name,status\njan@acme.example,Jan,enabled\nkim@acme.example,Kim,{status}\n"
    found = heard(text)
    assert found["jan@acme.example"] == ["announcements"]
    assert found.get("kim@acme.example", []) == []


@pytest.mark.parametrize("text", [
    "Name,E-mail Address,Notes,announcements\nFay,fay@acme.example,not zed@rival.example,no\n",
    "Vorname;E-Mail-Adresse;announcements\nFay;fay@acme.example;nein\n",
    "sep=;\nName;E-mail 1 - Value;announcements\nFay;fay@acme.example;no\n",
    "Notes|Email|announcements\nzed@rival.example knows|fay@acme.example|no\n",
    "Prénom;Adresse e-mail;announcements\nFay;fay@acme.example;non\n",
])  # fmt: skip
def test_a_header_in_other_words_neither_adds_a_stranger_nor_turns_a_no_into_yes(text: str) -> None:
    assert heard(text) == {"fay@acme.example": []}


@pytest.mark.parametrize("header", ["Kontakt;Wunsch", "Who,What", "Personne|Choix"])
def test_a_header_that_nobody_knows_adds_nobody(header: str) -> None:
    with pytest.raises(Refused, match=r"(?s)E-mail Address.*Nothing was added"):
        listed(f"{header}\nfay@acme.example{header[7:8] or ';'}no\n")


@pytest.mark.parametrize(("typed", "kept"), [
    ("pia@bücher.example", "pia@xn--bcher-kva.example"),
    ("pia@BÜCHER.example", "pia@xn--bcher-kva.example"),
    ("pia@xn--bcher-kva.example", "pia@xn--bcher-kva.example"),
    ("pia@münchen.bücher.example", "pia@xn--mnchen-3ya.xn--bcher-kva.example"),
    ("röb@acme.example", None),
])  # fmt: skip
def test_who_has_a_domain_in_another_script_is_mailed_or_refused_at_once(
    typed: str, kept: str | None
) -> None:
    found = listed(f"email\n{typed}\n")
    assert [one.address for one in found.requested] == ([kept] if kept else [])
    assert [one.text for one in found.refused] == ([] if kept else [typed])


@pytest.mark.parametrize("typed", [
    "\u200bsam@acme.example", "sam@acme\u200b.example", "sam@acme.example\xa0",
    "\ufeffsam@acme.example", "sam\u2060@acme.example", "sam@acme.example\u200d",
])  # fmt: skip
def test_an_address_with_an_invisible_character_is_still_a_person(typed: str) -> None:
    assert heard(f"email\n{typed}\n") == {"sam@acme.example": ["announcements"]}


# --- who is told of an edit -----------------------------------------------------------------------


@pytest.mark.parametrize("edit", [
    {"meetingLocation": "https://meet.provider.example/new"},
    {"meetingLocation": "Room 3, second floor"},
    {"meetingStart": "2027-01-20T21:30:00Z"},
    {"meetingDuration": "90"},
    {"meetingTitle": "War room"},
])  # fmt: skip
def test_who_knows_the_old_meeting_hears_of_the_new_one(edit: dict[str, str]) -> None:
    found = told(MEETING, **MEETING | edit | {"version": 4})
    assert "update" in found.says
    entries = "".join(
        one.to_ical().decode().replace("\r\n ", "") for one in calendars_of(found.mail)
    )
    (value,) = edit.values()
    if not value.isdigit() and "T" not in value:
        assert value.replace(",", "\\,") in entries
        assert value in " ".join(found.text.split())
    assert len(calendars_of(found.mail)) >= 2


@pytest.mark.parametrize("impact", [
    "VPN sessions drop for 5 minutes.\n",
    "VPN sessions drop for 5 minutes.  ",
    "VPN\u00a0sessions drop for 5\u00a0minutes.",
    "\n\n VPN sessions drop for 5 minutes.\r\n",
    "VPN sessions drop for 5 minutes.\u200b",
])  # fmt: skip
def test_nobody_is_mailed_an_update_in_which_nothing_can_be_seen(impact: str) -> None:
    found = told({}, customerImpact=impact, version=4)
    # Who had not got the older revision gets this one; who is up to date gets nothing.
    assert all("what changed" not in text_of(mail).lower() for mail in found.mails)
    assert "missed the last revision" in found.says
    assert "Subscribers of" not in found.says


# --- impact -------------------------------------------------------------------------------------


@pytest.mark.parametrize("impact", [
    "No downtime", "No customer impact", "Not applicable", "Keine Auswirkung",
    "Sin impacto para el cliente", "None anticipated", "No impact expected.", "Aucun impact",
    "Nessun impatto", "N/A",
])  # fmt: skip
def test_who_feels_nothing_is_not_told_to_expect_impact(impact: str) -> None:
    found = told(customerImpact=impact)
    assert "expect impact" not in str(found.mail["Subject"])
    assert notice(found.mail) != "OUTAGE"


@pytest.mark.parametrize("impact", ["", " \n", None, "TBD", "To be confirmed", "?"])
def test_an_impact_that_nobody_stated_is_not_called_none(impact: str | None) -> None:
    found = told(customerImpact=impact)
    assert notice(found.mail) in {"DEGRADED", "OUTAGE"}
    assert "nothing to do" not in found.text.lower()


@pytest.mark.parametrize("impact", [
    "No impact is expected unless you use the VPN: sessions drop for an hour.",
    "Not all customers are affected; yours is down.",
    "No downtime for A, B is down for 2 hours.",
])  # fmt: skip
def test_a_negation_inside_a_longer_text_hides_no_impact(impact: str) -> None:
    assert notice(told(customerImpact=impact).mail) != "NO-IMPACT"


# --- what a mail shows --------------------------------------------------------------------------


@pytest.mark.parametrize("support", [
    "Service desk, +34 900 000 000", 'Ask "the desk" \\ 24/7', "Desk = desk@provider.example; #7",
    "It's the desk's number: 7", "desk@provider.example or +34 900 000 000 (24/7)",
    "Mesa de servicio: «Soporte», tel. 900 000 000", "https://desk.provider.example/?q=a b&c=d",
])  # fmt: skip
def test_a_support_sentence_reaches_its_readers_whole(support: str) -> None:
    found = told(by=brand(support_contact=support))
    assert support in " ".join(found.text.split())


LONG = "\n".join(f"{n}. Service number {n} is restarted and is away." for n in range(1, 200))


@pytest.mark.parametrize("fields", [
    {"customerImpact": LONG},
    {"customerImpact": "x" * 5_000},
    {"customerImpact": LONG, "changeReason": LONG},
    {"customerImpact": "ü👩‍🔧" * 900},
])  # fmt: skip
def test_a_calendar_entry_that_is_cut_says_so_and_keeps_whom_to_ask(fields: dict[str, str]) -> None:
    description = str(event_of(calendars_of(told(**fields).mail)[0])["DESCRIPTION"])
    assert "CHG-9001" in description
    assert "Contact: desk@provider.example" in description
    assert "…" in description
    assert "\ufffd" not in description


@pytest.mark.parametrize("items", [
    [{"title": "Runbook", "url": ""}], [None], [{"title": "", "url": None}], ["", {}],
    [{"url": "https://wiki.provider.example/1", "title": None}],
])  # fmt: skip
@pytest.mark.parametrize("field", ["links", "attachments"])
def test_a_half_filled_item_of_a_list_stops_no_announcement(field: str, items: list[Any]) -> None:
    found = told(**{field: items})
    assert "None" not in found.text
    if items and isinstance(items[0], dict) and items[0].get("title"):
        assert "Runbook" in found.text


@pytest.mark.parametrize("title", [
    "Replace the VPN gateways\n", "  Replace the VPN gateways  ", "Replace\tthe VPN gateways",
    "\r\nReplace the VPN\r\ngateways", "Replace the\u00a0VPN gateways\u2028",
])  # fmt: skip
def test_a_title_with_blanks_around_it_stops_no_announcement(title: str) -> None:
    assert change_of(changeTitle=title).title == "Replace the VPN gateways"


@pytest.mark.parametrize("written", [
    "Müller\u00a0&\u00a0Söhne", "Müller & Söhne ", unicodedata.normalize("NFD", "Müller & Söhne"),
    " Müller &  Söhne", "Mu\u0308ller\u2009& So\u0308hne\n",
])  # fmt: skip
def test_a_customer_whose_name_is_encoded_otherwise_is_told(written: str) -> None:
    known = {"acme": replace(registered()["acme"], name="Müller & Söhne")}
    fields = {"customers": None, "customerName": written}
    read = read_document(json.dumps(DOCUMENT | fields))
    assert place(read, codes_by_name(known)) == ("acme",)


@pytest.mark.parametrize("section", [
    {"hosts": ["vpn-1", "vpn-2"], "window": None, "reboot": True, "note": "", "steps": [{"a": 1}]},
    {"hosts": ["vpn-1", "vpn-2"], "nested": {"deep": {"b": [1, None]}}},
    {"hosts": ["vpn-1", "vpn-2", None], "empty": [], "nothing": {}},
    {"hosts": ["vpn-1", "vpn-2"], "": None, "count": 0},
])  # fmt: skip
def test_a_customers_own_section_shows_no_brackets_to_its_readers(section: dict[str, Any]) -> None:
    whole = told(customer_details={"acme": section}).text.partition("nsubscribe")[0]
    assert "vpn-1, vpn-2" in " ".join(whole.split())
    for sign in ("{", "}", "['", '["', "null", "None"):
        assert sign not in whole


BULLETS = "We will:\n•\tDrain the sessions\n•\tReplace the node\no\tBoth slots\n–\tVerify\n· Report"


@pytest.mark.parametrize(("plan", "items"), [
    (BULLETS, 5),
    ("Steps\n- one\n  - two\n  goes on\n- three", 3),
    ("\uf0b7\tone\n\uf0b7\ttwo", 2),
    ("1) one\n2) two\n   - inner", 3),
    ("‣ one\n◦ two\n▪ three", 3),
])  # fmt: skip
def test_a_list_as_word_writes_it_is_still_a_list(plan: str, items: int) -> None:
    assert told(implementationPlan=plan).html.count("<li") >= items


@pytest.mark.parametrize(("html", "shown"), [
    ("<p>We replace the <strong>gateways</strong>.</p><ul><li>vpn-1</li></ul>", "gateways"),
    ("<div>First<br>second &amp; third</div>", "second & third"),
    ("<p>None</p>", "None"),
    ("<table><tr><td>a</td><td>b</td></tr></table>", "a"),
    ("<p>Broken <b>gateways</p>", "gateways"),
    ("<p>We replace the gateways", "We replace the gateways"),
    ("What follows:<ul><li>vpn-1<li>vpn-2", "vpn-2"),
    ("<P class=MsoNormal>Gateways<P>and switches", "and switches"),
    ("<table><tr><td>vpn-1<td>host", "vpn-1"),
])  # fmt: skip
def test_the_tags_of_a_rich_text_editor_reach_no_reader(html: str, shown: str) -> None:
    found = told(changeReason=html)
    assert shown in found.text
    for tag in ("<p", "<strong>", "<br>", "<ul>", "<li>", "<td>", "&amp;", "</"):
        assert tag not in found.text.lower()
    assert notice(told(customerImpact="<p>None</p>").mail) == "NO-IMPACT"


@pytest.mark.parametrize("table", [
    "Host        Address      Window\nvpn-1       10.0.0.1     22:00\nvpn-22      10.0.0.22    x",
    "alpha  b\nc      d",
    "Host\tAddress\nvpn-1\t10.0.0.1",
    "  indented   once\n      more   often",
])  # fmt: skip
def test_columns_line_up_in_the_html_as_in_the_text(table: str) -> None:
    found = told(implementationPlan=table)
    plan = found.html.partition("What we will do</h2>")[2].partition("</div>")[0]
    shown = plan.partition(">")[2].partition("</pre>")[0].rpartition(">")[2]
    assert "white-space:pre-wrap" in plan
    for line in shown.split("\n"):
        assert line in found.text.expandtabs()
    assert [line.split() for line in shown.split("\n")] == [
        line.split() for line in table.split("\n")
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le-mark", "utf-16-be-mark", "utf-8-sig"])
def test_a_document_that_powershell_saved_is_read(encoding: str) -> None:
    text = json.dumps(DOCUMENT | {"changeTitle": "Größe 🚀"}, ensure_ascii=False)
    marks = {"utf-16-le-mark": b"\xff\xfe", "utf-16-be-mark": b"\xfe\xff"}
    plain = encoding.removesuffix("-mark")
    body = marks.get(encoding, b"") + text.encode(plain)
    assert read_document(body).change.title == "Größe 🚀"


@pytest.mark.parametrize(("text", "address"), [
    ("See https://status.provider.example/inc?id=7&lang=en. Or ask.",
     "https://status.provider.example/inc?id=7&amp;lang=en"),
    ("Or (https://wiki.provider.example/a_(b)) here", "https://wiki.provider.example/a_(b)"),
    ("ask desk@provider.example.", "mailto:desk@provider.example"),
    ("«https://wiki.provider.example/ü»", "https://wiki.provider.example/"),
    ("https://wiki.provider.example/x, then", "https://wiki.provider.example/x"),
])  # fmt: skip
def test_an_address_inside_a_sentence_can_be_clicked(text: str, address: str) -> None:
    html = told(changeReason=text).html
    start = html.index(f'href="{address}') + len(f'href="{address}')
    assert html[start] in '"%ü', html[start : start + 20]


@pytest.mark.parametrize(("fields", "name", "value"), [
    ({"implementationStart": "2027-01-20t22:00:00z", "implementationEnd": "2027-01-20t23:30:00z"},
     "status", "approved"),
    ({"changeId": 4711}, "change_id", "4711"),
    ({"changeId": "CHG-9001 "}, "change_id", "CHG-9001"),
    ({"snowTicket": 815}, "status", "approved"),
    ({"timezone": "Europe/Madrid "}, "status", "approved"),
    ({"timezone": "\tEurope/Madrid"}, "status", "approved"),
    ({"implementationStart": "2027-01-20 22:00:00z", "implementationEnd": "2027-01-20 23:30:00Z"},
     "status", "approved"),
    ({"snowTicket": 0, "jiraTicket": 12}, "status", "approved"),
    ({"status": "Approved"}, "status", "approved"),
])  # fmt: skip
def test_a_small_form_is_read_as_it_is_meant(fields: dict[str, Any], name: str, value: str) -> None:
    found = change_of(**fields)
    assert str(getattr(found, name)) == value
    assert found.window is not None
    assert (found.window.timezone, found.window.start.hour) == ("Europe/Madrid", 22)


@pytest.mark.parametrize("version", [3.0, "3.0", "3", " 3", 3])
def test_a_version_with_a_point_is_the_number_it_is(version: Any) -> None:
    assert read_document(json.dumps(DOCUMENT | {"version": version})).version == 3


@pytest.mark.parametrize("zone", ["localtime", "Factory", "posixrules", "Europe/Nowhere"])
def test_a_zone_of_the_machine_that_reads_is_refused(zone: str) -> None:
    with pytest.raises(MetadataFault):
        change_of(timezone=zone)


@pytest.mark.parametrize("title", [
    "Network maintenance for the shared core switches of the northern data centre on-call te👩‍🔧 c",
    "Wartung " + "a" * 60 + "u\u0308" * 9 + "ber",
    "🇪🇸" * 60,
    "👨‍👩‍👧‍👦" * 30,
    "x" * 40 + "e\u0301" * 60,
    "नमस्ते" * 30,
])  # fmt: skip
def test_a_subject_is_cut_between_whole_characters(title: str) -> None:
    subject = str(told(changeTitle=title).mail["Subject"])
    cut = subject.partition("…")
    head = cut[0].partition(": ")[2].strip("\u2068")
    if not cut[1]:
        return
    rest = unicodedata.normalize("NFC", title)[len(head) :] if (
        unicodedata.normalize("NFC", title).startswith(head)
    ) else title[len(head) :]  # fmt: skip
    assert head
    assert not rest or not unicodedata.combining(rest[0])
    assert rest[:1] not in ("\u200d", "\ufe0f")
    assert head[-1] != "\u200d"
    flags = sum(0x1F1E6 <= ord(sign) <= 0x1F1FF for sign in head)
    assert flags % 2 == 0
