"""Awkward documents that people hand in: each is used, named in a warning, or refused.

Every input here is one that a comparable tool dropped, misread or refused for no good reason.
"""

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from changecast.contract.change import Change, Status
from changecast.contract.fields import time_zones
from changecast.hub.announcing.metadata import Document, MetadataFault, place, read_document
from changecast.hub.registry import codes_by_name
from tests.support.builders import document, registered, sample


class Names(NamedTuple):
    """Where one shape keeps its fields; "" where it has no such field."""

    sample: str
    title: str
    text: str
    start: str
    zone: str
    identity: str
    servicenow: str


SHAPES = [
    Names("a-current-approved", "changeTitle", "changeReason", "implementationStart", "timezone",
          "changeId", "snowTicket"),
    Names("b-form-export", "change_metadata.title", "change_metadata.change_reason",
          "change_metadata.schedule.implementation_start", "change_metadata.schedule.timezone",
          "change_id", "change_metadata.tickets.service_now"),
    Names("c-early-camel", "changeMetadata.title", "changeMetadata.changeReason",
          "changeMetadata.schedule.implementationStart", "changeMetadata.schedule.timezone",
          "changeId", "changeMetadata.tickets.serviceNow"),
    Names("d-flat", "title", "description", "schedule.startDate", "schedule.timezone", "changeId",
          "snowTicket"),
    Names("e-announcement", "title", "content", "meeting_date", "meeting_timezone",
          "announcement_id", "snow_ticket"),
]  # fmt: skip
every_shape = pytest.mark.parametrize("names", SHAPES, ids=lambda names: names.sample)


def with_value(names: Names, path: str, value: Any) -> Document:
    what = sample(names.sample)
    inner = what
    *above, last = path.split(".")
    for key in above:
        inner = inner.setdefault(key, {})
    inner[last] = value
    return read_document(what)


def text_of(change: Change) -> str:
    return change.content or change.reason


def start_of(change: Change) -> Any:
    if change.window:
        return change.window.start
    return change.meeting and change.meeting.start


@every_shape
@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Replace the gateways\n", "Replace the gateways"),
        ("  Replace the gateways  ", "Replace the gateways"),
        ("\tReplace\tthe gateways\r\n", "Replace the gateways"),
        ("Replace\nthe gateways", "Replace the gateways"),
        ("Replace\u2028the gateways\u2029", "Replace the gateways"),
        ("Replace\u00a0the gateways\u00a0", "Replace the gateways"),
        ("<b>Replace</b> the &amp; gateways", "Replace the & gateways"),
        ("Patch <host> & others", "Patch <host> & others"),
        ("x" * 250 + " \n", "x" * 250),
    ],
)
def test_no_announcement_is_refused_for_blanks_in_its_title(
    names: Names, written: str, title: str
) -> None:
    assert with_value(names, names.title, written).change.title == title


def test_a_title_that_reads_otherwise_than_it_is_written_is_named() -> None:
    broken = read_document(document(changeTitle="Patch\r\nBcc: eve@evil.example"))
    assert broken.change.title == "Patch Bcc: eve@evil.example"
    assert broken.warnings == ("$.changeTitle: has line breaks; they are replaced with spaces",)
    assert read_document(document(changeTitle="Patch it\n")).warnings == ()
    (warning,) = read_document(document(changeTitle="<p>Patch</p>")).warnings
    assert warning.startswith("$.changeTitle: contains HTML")


@every_shape
@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("a\r\nb\rc\x0bd\u2028e", "a\nb\nc\nd\ne"),
        ("\n\n  a  \n b\t\n\n", "  a\n b"),
        ("col1   col2\nx      y", "col1   col2\nx      y"),
        ("None.\u00a0\n", "None."),
        (" \n\t", ""),
        (None, ""),
    ],
)
def test_a_texts_lines_stay_and_the_blanks_around_them_go(
    names: Names, written: Any, text: str
) -> None:
    assert text_of(with_value(names, names.text, written).change) == text


@every_shape
@pytest.mark.parametrize(
    "html", ["<p>None</p>", "first<br>second", "<ul><li>vpn-1</li></ul>", "<DIV class='x'>a</DIV>"]
)
def test_html_of_a_rich_text_editor_is_named(names: Names, html: str) -> None:
    warnings = with_value(names, names.text, html).warnings
    assert f"$.{names.text}: contains HTML; mails show its text without the tags" in warnings


@pytest.mark.parametrize("text", ["if a < b and c > d", "Patch <host>", "use <b> alone", "</close"])
def test_somebody_who_writes_a_bracket_is_not_warned(text: str) -> None:
    assert read_document(document(changeReason=text)).warnings == ()


@every_shape
@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2027-01-20t22:00:00z", datetime(2027, 1, 20, 22, tzinfo=UTC)),
        (" 2027-01-20T22:00:00Z\n", datetime(2027, 1, 20, 22, tzinfo=UTC)),
        ("2027-01-20 22:00:00 Z", datetime(2027, 1, 20, 22, tzinfo=UTC)),
        ("2027-01-20T22:00:00 +01:00", datetime(2027, 1, 20, 21, tzinfo=UTC)),
        ("2027-01-20T22:00:00.123456789Z", datetime(2027, 1, 20, 22, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_no_window_is_lost_for_the_spelling_of_its_time(
    names: Names, written: str, instant: datetime
) -> None:
    what = sample(names.sample)
    if names.sample == "b-form-export":
        what["change_metadata"]["schedule"]["implementation_end"] = "2027-03-28T04:00"
    assert start_of(with_value(names, names.start, written).change) == instant


@every_shape
@pytest.mark.parametrize("zone", ["Europe/Madrid ", "\tEurope/Madrid", " Europe/Madrid\u00a0\n"])
def test_a_zone_with_blanks_around_it_is_that_zone(names: Names, zone: str) -> None:
    change = with_value(names, names.zone, zone).change
    assert change.window is None or change.window.timezone == "Europe/Madrid"


@every_shape
@pytest.mark.parametrize("zone", ["localtime", "Factory", "posixrules", "local", "Mars/Olympus"])
def test_a_zone_that_names_no_place_is_refused(names: Names, zone: str) -> None:
    with pytest.raises(MetadataFault) as refused:
        with_value(names, names.zone, zone)
    assert [fault.path for fault in refused.value.faults] == [f"$.{names.zone}"]


def test_no_customer_is_deployed_with_a_zone_that_names_no_place() -> None:
    assert not {"localtime", "Factory", "posixrules"} & time_zones()
    assert {"UTC", "Europe/Madrid", "Etc/GMT+1"} <= time_zones()


@every_shape
@pytest.mark.parametrize(
    ("given", "read"), [(4711, "4711"), (4711.0, "4711"), (" CHG-1\n", "CHG-1"), ("0042", "0042")]
)
def test_a_number_is_an_id_as_good_as_a_text(names: Names, given: Any, read: str) -> None:
    assert with_value(names, names.identity, given).change.change_id == read
    assert with_value(names, names.servicenow, given).change.tickets.servicenow == read


@pytest.mark.parametrize("given", [4711.5, True, ["CHG-1"], {"id": 1}])
def test_what_is_no_id_is_refused_at_its_path(given: Any) -> None:
    for field in ("changeId", "snowTicket"):
        with pytest.raises(MetadataFault) as refused:
            read_document(document(**{field: given}))
        assert [fault.path for fault in refused.value.faults] == [f"$.{field}"]


@every_shape
@pytest.mark.parametrize("given", [3.0, "3.0", " 3 ", "3.00", "003", 3])
def test_a_version_is_a_number_however_it_is_written(names: Names, given: Any) -> None:
    assert with_value(names, "version", given).version == 3


@pytest.mark.parametrize("given", [3.5, "3.5", "3.", "v3", "-3", "0.0", float(10**6), [3]])
def test_what_is_no_version_is_refused(given: Any) -> None:
    with pytest.raises(MetadataFault, match=r"\$\.version: must be a whole number"):
        read_document(document(version=given))


@every_shape
@pytest.mark.parametrize(
    ("links", "read", "warned"),
    [
        ([None], [], False),
        ([""], [], False),
        ([{}], [], False),
        ([{"title": "", "url": None}], [], False),
        ([{"title": None, "url": " https://a.example/1\n"}], [("", "https://a.example/1")], False),
        ([{"name": "A", "href": "https://a.example/1"}], [("A", "https://a.example/1")], False),
        (" https://a.example/1", [("", "https://a.example/1")], False),
        ({"title": "A", "url": "https://a.example/1"}, [("A", "https://a.example/1")], False),
        ([None, {"title": "A\tB\n", "url": "https://a.example/1"}, ""],
         [("A B", "https://a.example/1")], False),
        ([{"title": "Runbook", "url": ""}, "https://a.example/1"],
         [("", "https://a.example/1")], True),
    ],
)  # fmt: skip
def test_a_half_filled_link_takes_no_announcement_down(
    names: Names, links: Any, read: list[tuple[str, str]], warned: bool
) -> None:
    found = with_value(names, "links", links)
    assert [(link.title, link.url) for link in found.change.links] == read
    assert any("'Runbook' has no address" in warning for warning in found.warnings) is warned
    assert [item.name for item in found.change.attachments] == (["Runbook"] if warned else [])


@every_shape
@pytest.mark.parametrize(
    ("attachments", "read"),
    [
        ([None, "", {}, {"name": None, "url": ""}], []),
        ([{"name": "Plan", "url": ""}], [("Plan", None)]),
        ([{"name": "Plan", "url": None}], [("Plan", None)]),
        ([{"name": "", "url": "https://a.example/x/The%20plan.pdf?v=1"}],
         [("The plan.pdf", "https://a.example/x/The%20plan.pdf?v=1")]),
        ([{"url": "https://a.example"}], [("https://a.example", "https://a.example")]),
        (["https://a.example/plan.pdf"], [("plan.pdf", "https://a.example/plan.pdf")]),
        ([{"filename": "plan.pdf\n"}], [("plan.pdf", None)]),
        ("plan.pdf", [("plan.pdf", None)]),
    ],
)  # fmt: skip
def test_a_half_filled_attachment_is_shown_by_what_it_has(
    names: Names, attachments: Any, read: list[tuple[str, Any]]
) -> None:
    found = with_value(names, "attachments", attachments).change.attachments
    assert [(item.name, item.url) for item in found] == read


@pytest.mark.parametrize(
    ("links", "path"),
    [
        ([None, "javascript:alert(1)"], "$.links[1].url"),
        ([{"title": "Runbook"}, {"url": "ftp://a.example"}], "$.links[1].url"),
        ([7], "$.links[0].url"),
        ("javascript:alert(1)", "$.links[0].url"),
        ([{"title": 7, "url": "https://a.example"}], "$.links[0].title"),
    ],
)
def test_a_link_that_is_no_address_is_refused_where_it_stands(links: Any, path: str) -> None:
    with pytest.raises(MetadataFault) as refused:
        read_document(document(links=links))
    assert [fault.path for fault in refused.value.faults] == [path]


UMLAUT = registered() | {
    "muller": replace(registered()["acme"], code="muller", name="Müller & Söhne")
}


@pytest.mark.parametrize(
    "written",
    [
        "Müller & Söhne",
        unicodedata.normalize("NFD", "Müller & Söhne"),
        "Müller\u00a0&\u00a0Söhne",
        "Müller & Söhne ",
        "\tMüller  & Söhne\n",
        "Müller\u2009& Söhne",
    ],
)
def test_a_customer_is_told_however_its_name_is_encoded(written: str) -> None:
    by_name = codes_by_name(UMLAUT)
    for fields in ({"customerName": written}, {"customerNames": [None, written, " "]}):
        read = read_document(document(customers=None, **fields))
        assert place(read, by_name) == ("muller",)


def test_a_name_registered_with_a_no_break_space_is_found_too() -> None:
    odd = {"muller": replace(UMLAUT["muller"], name="Mu\u0308ller\u00a0& Söhne ")}
    read = read_document(document(customers=None, customerName="Müller & Söhne"))
    assert place(read, codes_by_name(odd)) == ("muller",)


@pytest.mark.parametrize(
    "written", ["Muller & Söhne", "müller & söhne", "Müller und Söhne", "Müller"]
)
def test_another_name_is_still_nobodys(written: str) -> None:
    read = read_document(document(customers=None, customerName=written))
    with pytest.raises(MetadataFault, match="no customer is registered as"):
        place(read, codes_by_name(UMLAUT))


def test_two_customers_whose_names_differ_by_a_blank_are_not_guessed_between() -> None:
    twins = UMLAUT | {
        "muller-eu": replace(UMLAUT["muller"], code="muller-eu", name="Müller  & Söhne")
    }
    read = read_document(document(customers=None, customerName="Müller & Söhne"))
    with pytest.raises(MetadataFault, match="2 customers are registered as"):
        place(read, codes_by_name(twins))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_document_that_powershell_wrote_is_read(encoding: str) -> None:
    what = document(changeTitle="Größere Änderung 🚀")
    text = json.dumps(what, ensure_ascii=False)
    assert read_document(text.encode(encoding)).raw == what
    big_endian = b"\xfe\xff" + text.encode("utf-16-be")
    assert read_document(big_endian).raw == what


@every_shape
def test_every_key_that_nothing_reads_is_named(names: Names) -> None:
    before = read_document(sample(names.sample))
    unread = {"somethingNew": {"deep": 1}, "aFlag": False, "empty": None, "none": []}
    found = read_document({**sample(names.sample), **unread})
    assert set(found.unused) - set(before.unused) == {"$.somethingNew", "$.aFlag"}
    assert found.warnings == before.warnings


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("customerImpct", "customerImpact"),
        ("impactLevl", "impactLevel"),
        ("implementationPlann", "implementationPlan"),
        ("surveyURL", "surveyUrl"),
        ("customer_detail", "customer_details"),
    ],
)
def test_a_misspelt_key_is_no_silent_loss(key: str, meant: str) -> None:
    read = read_document({**document(), key: "x"})
    assert read.warnings == (f"$.{key}: this key is not read; did you mean {meant}?",)
    assert read.unused == (f"$.{key}",)


def test_of_two_spellings_of_one_field_the_one_that_loses_is_named() -> None:
    read = read_document(
        document(survey_url="https://a.example/1", surveyUrl="https://b.example/2")
    )
    assert read.change.survey_url == "https://a.example/1"
    assert read.unused == ("$.surveyUrl",)


def test_a_status_is_read_with_blanks_around_it() -> None:
    assert read_document(document(status=" Approved\n")).change.status is Status.APPROVED


BROKEN_ADDRESSES = ("https://[vpn.example/x", "http://vpn]/", "HTTPS://a\u2100b.example/x")


@pytest.mark.parametrize("url", BROKEN_ADDRESSES)
@pytest.mark.parametrize(
    ("field", "path"),
    [
        ({"approval_url": "URL"}, "$.approval_url"),
        ({"links": [{"title": "Plan", "url": "URL"}]}, "$.links[0].url"),
        ({"links": ["URL"]}, "$.links[0].url"),
        ({"attachments": ["URL"]}, "$.attachments[0].url"),
    ],
)
def test_an_address_that_no_browser_reads_is_refused_with_its_path(
    field: dict[str, Any], path: str, url: str
) -> None:
    text = json.dumps(document(**field)).replace("URL", json.dumps(url)[1:-1])
    with pytest.raises(MetadataFault) as refused:
        read_document(text)
    (fault,) = refused.value.faults
    assert (fault.path, fault.message) == (path, "is not a valid address")
