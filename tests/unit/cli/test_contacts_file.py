"""People out of files: everybody who is named is taken, named in a warning, or refused."""

from pathlib import Path

import pytest

from changecast_cli.contacts.file import ListedPerson, People, RefusedLine, read_people
from changecast_cli.contacts.records import Choice
from changecast_cli.failures import Refused
from changecast_cli.text_files import read_text

SAMPLES = Path(__file__).parents[2] / "samples/contacts"
DEFAULTS: dict[str, Choice] = {
    "approvals": "OPT_OUT", "announcements": "OPT_IN", "calendar": "OPT_OUT",
}  # fmt: skip
IN, OUT = "OPT_IN", "OPT_OUT"


def people(text: str, topics: list[str] | None = None) -> People:
    return read_people(text, DEFAULTS, topics)


def sample(name: str, encoding: str | None = None) -> People:
    return people(read_text(SAMPLES / name, encoding))


def addresses(found: People) -> list[str]:
    return [one.address for one in found.requested]


def one_in(text: str) -> ListedPerson:
    (only,) = people(text).requested
    return only


def refusals(text: str) -> list[RefusedLine]:
    found = people(text)
    assert found.requested == []
    return [one for one in found.refused if not one.harmless]


@pytest.mark.parametrize(
    "text",
    [
        "ana@acme.example\nben@acme.example\n",
        "ana@acme.example; ben@acme.example",
        "ana@acme.example | ben@acme.example",
        "ana@acme.example\tben@acme.example",
        "ana@acme.example ben@acme.example",
        "ana@acme.example；ben@acme.example",
        "Ana Ruiz <ana@acme.example>; ben@acme.example",
        "ana@acme.example, Ben <ben@acme.example>",
        "Ana <ana@acme.example>, Ben <ben@acme.example>",
        '"Ruiz, Ana" <ana@acme.example>, ben@acme.example',
        "Ruiz, Ana <ana@acme.example>; Lee, Ben <ben@acme.example>",
        '"Ruiz; Ana (she/her)" <ana@acme.example>;"Lee <IT>" <ben@acme.example>',
        "To: Ana Ruiz <ana@acme.example>; Cc: ben@acme.example",
        "An: ana@acme.example\nKopie: ben@acme.example",
        "<ana@acme.example>;<ben@acme.example>;",
        "mailto:ana@acme.example, <MAILTO:ben@acme.example?subject=Hello>",
        "ana@acme.example<mailto:ana@acme.example>; 'ben@acme.example' <ben@acme.example>",
        "ana@acme.example.\nben@acme.example...",
        "ana@acme.example and ben@acme.example",
        "- ana@acme.example\n2. ben@acme.example",
        "Ana de la Cruz ana@acme.example\tJ. van Lee ben@acme.example",
        "ana@acme.example (Ana Ruiz), ben@acme.example (Ben)",
        "Ana\tana@acme.example\t+34 600 000 000\nBen\tben@acme.example\t",
        '"Garcia, Ana" <ana@acme.example>\n# a comment\n\nben@acme.example',
        "ana@acme.example\r\nben@acme.example\r\n",
        "ana@acme.example\rben@acme.example\r",
        "email\nana@acme.example\nben@acme.example",
        "Email Address\tTeam\nana@acme.example\tx\nben@acme.example\tz",
        "email\nAna <ana@acme.example>; ben@acme.example\n",
    ],
)
def test_nobody_on_a_pasted_line_is_lost(text: str) -> None:
    found = people(text)
    assert addresses(found) == ["ana@acme.example", "ben@acme.example"]
    assert [one for one in found.refused if not one.harmless] == []


@pytest.mark.parametrize(
    "line",
    [
        "zed@rival.example,yes,no",
        "zed@rival.example;unsubscribed",
        "please remove zed@rival.example",
        "Remove: Zed <zed@rival.example>",
        "Unsubscribe, Zed <zed@rival.example>",
        "zed@rival.example left in May",
        "formerly zed@rival.example",
        "Zed zed@rival.example call first",
        "zed@rival.example <yul@rival.example>",
        '"no",zed@rival.example',
    ],
)
def test_a_wish_beside_an_address_is_not_taken_for_a_name(line: str) -> None:
    found = people(f"ben@acme.example\n{line}\n")
    assert addresses(found) == ["ben@acme.example"]
    assert [one.line for one in found.refused] == [2]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("ana@acme", "not a mail address"),
        ("ana@@acme.example", "not a mail address"),
        ("ana@acme..example", "not a mail address"),
        ("anä@acme.example", "not a mail address"),
        ("a" * 65 + "@acme.example", "not a mail address"),
        ("just a sentence", "has no address"),
        ("@acme.example", "not a mail address"),
        ("ana@\u212acme.example", "look like other letters"),
        ("ana@\uff41cme.example", "look like other letters"),
    ],
)
def test_a_line_that_is_nobody_is_refused_with_its_number(line: str, says: str) -> None:
    found = people(f"ben@acme.example\n{line}\n")
    assert addresses(found) == ["ben@acme.example"]
    assert [(one.line, says in one.reason) for one in found.refused] == [(2, True)]


def test_a_comment_adds_nobody_and_is_named_where_it_holds_an_address() -> None:
    for text in ("# zed@rival.example\nana@acme.example\n",
                 "email,topics\n#zed@rival.example,calendar\nana@acme.example,\n"):  # fmt: skip
        found = people(text)
        assert addresses(found) == ["ana@acme.example"]
        assert [one.reason for one in found.refused] == ["is a comment"]


# --- what a table says of choices ---------------------------------------------------------------


@pytest.mark.parametrize(
    "no",
    ["no", "No", "NO", "n", "0", "false", "FALSCH", "nein", "non", "não", "off", "opt_out", "-"],
)
def test_a_no_in_the_column_of_a_topic_keeps_its_mails_away(no: str) -> None:
    ned = one_in(f"email,approvals,announcements,calendar\nned@acme.example,{no},{no},{no}\n")
    assert ned.choices == dict.fromkeys(DEFAULTS, OUT)


@pytest.mark.parametrize(
    ("cell", "choice"),
    [("yes", IN), ("x", IN), ("Ja", IN), ("sí", IN), ("WAHR", IN), ("1", IN), ("", None),
     ("no (default)", None), ("yes (default)", IN), ("no (chose yes)", OUT)],
)  # fmt: skip
def test_a_cell_of_a_topic_is_a_choice_or_leaves_the_default(
    cell: str, choice: Choice | None
) -> None:
    assert one_in(f"email,calendar\na@acme.example,{cell}\n").choices.get("calendar") == choice


@pytest.mark.parametrize("cell", ["maybe", "nope", "ask her", "2", "?", "yes/no"])
def test_a_cell_that_is_neither_yes_nor_no_is_refused_and_subscribes_nobody(cell: str) -> None:
    (refused,) = refusals(f"email,announcements\na@acme.example,{cell}\n")
    assert "is not yes or no" in refused.reason


def test_topics_come_from_a_column_or_a_column_each_or_the_option() -> None:
    named = one_in("email,topics\na@acme.example,Approvals calendar\n")
    each = one_in("email,calendar,approvals\na@acme.example,yes,no\n")
    (given,) = people("a@acme.example", ["calendar"]).requested
    (silent,) = people("email,calendar\na@acme.example,\n", ["approvals"]).requested
    assert [one.choices for one in (named, each, given, silent)] == [
        {"approvals": IN, "calendar": IN}, {"calendar": IN, "approvals": OUT}, {"calendar": IN},
        {"approvals": IN},
    ]  # fmt: skip


def test_an_unknown_topic_is_refused_with_those_that_there_are() -> None:
    (refused,) = refusals("email,topics\na@acme.example,news\n")
    assert "no topic news (it has approvals, announcements, calendar)" in refused.reason


def test_a_topic_named_in_one_column_and_denied_in_another_is_refused() -> None:
    (refused,) = refusals("email,topics,calendar\na@acme.example,calendar,no\n")
    assert "says no in another" in refused.reason


@pytest.mark.parametrize(
    "column", ["Anouncements", "approval", "News", "Ankündigungen", "Calendario", "newsletter"]
)
def test_a_column_that_may_say_no_is_never_passed_over(column: str) -> None:
    with pytest.raises(Refused, match="so it may say who wants no mails"):
        people(f"email,{column}\nana@acme.example,yes\nben@acme.example,no\n")


@pytest.mark.parametrize(
    ("text", "unsubscribed"),
    [
        ("email,unsubscribed_from_all\na@acme.example,yes\n", True),
        ("email,unsubscribed_from_all\na@acme.example,no\n", False),
        ("email,unsubscribed_from_all\na@acme.example,\n", False),
        ("email,Email Opt Out\na@acme.example,TRUE\n", True),
        ("email,HasOptedOutOfEmail\na@acme.example,1\n", True),
        ("Email;Abgemeldet\na@acme.example;ja\n", True),
        ("email,unsubscribed\na@acme.example,2024-05-01 10:00:00\n", True),
        ("email,unsubscribed\na@acme.example,NULL\n", False),
        ("Email Address,UNSUB_TIME,UNSUB_REASON\na@acme.example,2024-05-01 10:00,\n", True),
        ("Email Address,UNSUB_REASON\na@acme.example,Too many mails\n", True),
        ("email,subscribed\na@acme.example,0\n", True),
        ("email,opt_in\na@acme.example,yes\n", False),
        ("email,status\na@acme.example,Opted out\n", True),
        ("email,Subscription Status\na@acme.example,ENABLED\n", False),
    ],
)
def test_who_left_everything_elsewhere_is_not_subscribed_here(
    text: str, unsubscribed: bool
) -> None:
    assert one_in(text).unsubscribed is unsubscribed


@pytest.mark.parametrize(
    "text",
    [
        "email,status\na@acme.example,bounced\n",
        "email,status\na@acme.example,Unconfirmed\n",
        "email,status\na@acme.example,\n",
        "email,status\na@acme.example,disabled\n",
        "email,CLEAN_TIME\na@acme.example,2024-05-01 10:00:00\n",
        "email,confirmed,blacklisted\na@acme.example,0,0\n",
        "email,unsubscribed\na@acme.example,perhaps\n",
    ],
)
def test_who_never_agreed_or_cannot_be_reached_is_left_out_and_named(text: str) -> None:
    (refused,) = refusals(text)
    assert (refused.line, refused.text) == (2, "a@acme.example")


@pytest.mark.parametrize("status", ["On leave", "zombie", "CA"])
def test_a_status_that_nobody_knows_stops_the_import(status: str) -> None:
    with pytest.raises(Refused, match=r"line 3: .* is not a known status.*Nothing was added"):
        people(f"email,status\na@acme.example,enabled\nb@acme.example,{status}\n")


# --- one person, several lines ------------------------------------------------------------------


def test_a_person_named_twice_counts_once_with_both_topics() -> None:
    found = people("email,topics\nAna@acme.example,approvals\nana@ACME.example,calendar\n")
    assert [(one.line, one.choices) for one in found.requested] == [
        (2, {"approvals": IN, "calendar": IN})
    ]
    assert [(one.line, one.harmless) for one in found.refused] == [(3, True)]


@pytest.mark.parametrize("turn", [1, -1])
def test_who_is_unsubscribed_in_one_of_two_spellings_is_unsubscribed(turn: int) -> None:
    rows = ["Ana@Acme.example,yes,unsubscribed", "ana@acme.example,no,enabled"][::turn]
    found = people("\n".join(["email,calendar,status", *rows]))
    assert [(one.choices, one.unsubscribed) for one in found.requested] == [
        ({"calendar": OUT}, True)
    ]
    assert "because one of these lines says so" in found.refused[0].reason


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("pia@bücher.example", "pia@xn--bcher-kva.example"),
        ("Pia@BÜCHER.example", "Pia@xn--bcher-kva.example"),
        ("pia@bu\u0308cher.example", "pia@xn--bcher-kva.example"),
        ("pia@straße.example", "pia@xn--strae-oqa.example"),
        ("pia@例え.example", "pia@xn--r8jz45g.example"),
    ],
)
def test_a_domain_in_another_script_is_stored_as_ses_takes_it(typed: str, stored: str) -> None:
    found = people(f"email\n{typed}\n{stored}\n")
    assert addresses(found) == [stored]
    assert "is stored as" in found.requested[0].note
    assert "the same person" in found.refused[0].reason


@pytest.mark.parametrize(
    "typed",
    ["\u200bsam@acme.example", "sam@acme\u200b.example", "\ufeffsam@acme.example",
     "sam\u00ad@acme.example", "sam@acme.example\u200e", "sam@\u2060acme.example",
     "Sam <sam@acme.example\u200b>"],
)  # fmt: skip
def test_an_invisible_character_costs_nobody_the_mails(typed: str) -> None:
    for text in (typed, f"email\n{typed}\n", f"email;name\n{typed};Sam\n"):
        found = one_in(text)
        assert (found.address, found.note) == ("sam@acme.example", "invisible characters removed")


# --- header lines -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column",
    ["Email", "E-Mail", "E-mail Address", "EMAIL_ADDRESS", "E-mail 1 - Value", "E-Mail-Adresse",
     "Correo electrónico", "correo electronico", "Adresse e-mail", "Courriel", "Indirizzo e-mail",
     "Endereço de e-mail", "E-mailadres", "E-postadress", "Sähköposti", "Adres e-mail",
     "Электронная почта", "メールアドレス", "电子邮件", "이메일", "PrimarySmtpAddress",
     "Email (work)", "Address", "userPrincipalName", '"E-Mail"'],
)  # fmt: skip
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_header_in_any_language_is_not_a_person_and_its_no_is_heard(
    column: str, delimiter: str
) -> None:
    rows = [("Notes", column, "announcements"), ("or zed@rival.example", "fay@acme.example", "no")]
    text = "\n".join(delimiter.join(cells) for cells in rows)
    for whole in (text, f"sep={delimiter}\n{text}", f"\ufeff\n{text}\n\n"):
        fay = one_in(whole)
        assert (fay.address, fay.choices) == ("fay@acme.example", {"announcements": OUT})


@pytest.mark.parametrize(
    "first", ["Who,Wants", "Name;Wohnort", "a|b", "Kontakte;;;", "Liste, 2026"]
)
def test_a_header_that_nobody_knows_stops_the_import_and_lists_what_is_known(first: str) -> None:
    with pytest.raises(Refused, match=r"(?s)E-mail Address.*announcements.*Nothing was added"):
        people(f"{first}\nzed@rival.example,x\n")


def test_a_row_that_slipped_is_refused() -> None:
    (refused,) = refusals("name,email,announcements\nRuiz, Ana,ana@acme.example,no\n")
    assert "has 4 cells, but the first line names 3 columns" in refused.reason


def test_a_quotation_mark_that_is_left_open_swallows_nobody_unsaid() -> None:
    with pytest.raises(Refused, match=r"line 2: a quotation mark is not closed"):
        people('name,email\n"Ana,ana@acme.example\nBen,ben@acme.example\n')
    (refused,) = refusals(
        'name,email\n"Ana,ana@acme.example\nBen,ben@acme.example\n",x@y.example\n'
    )
    assert "includes the lines after it" in refused.reason


def test_a_second_address_of_a_person_is_named() -> None:
    found = people("E-mail Address,E-mail 2 Address\nana@acme.example,ana@home.example\n")
    assert addresses(found) == ["ana@acme.example"]
    assert "second address of ana@acme.example" in found.refused[0].reason


# --- what other programs export -----------------------------------------------------------------


def test_who_moves_from_listmonk_brings_nobody_who_left() -> None:
    found = sample("listmonk.csv")
    assert {one.address: one.unsubscribed for one in found.requested} == {
        "jan@acme.example": False, "kim@acme.example": True,
    }  # fmt: skip
    assert [one.text for one in found.refused] == ["lou@acme.example"]
    assert found.unused == ("uuid", "name", "attributes", "created_at", "updated_at")


def test_who_moves_from_mailtrain_brings_nobody_who_left() -> None:
    found = sample("mailtrain.csv")
    assert {one.address: one.unsubscribed for one in found.requested} == {
        "jan@acme.example": False, "kim@acme.example": True, "moe@acme.example": True,
    }  # fmt: skip
    assert [one.text for one in found.refused] == ["lou@acme.example"]


@pytest.mark.parametrize(
    ("name", "unsubscribed", "refused"),
    [("mailchimp-subscribed.csv", [False, False], 0),
     ("mailchimp-unsubscribed.csv", [True, True], 0),
     ("mailchimp-cleaned.csv", [], 1)],
)  # fmt: skip
def test_each_of_mailchimps_files_says_who_left(
    name: str, unsubscribed: list[bool], refused: int
) -> None:
    found = sample(name)
    assert [one.unsubscribed for one in found.requested] == unsubscribed
    assert len(found.refused) == refused


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("excel-semicolon.csv", "cp1252"), ("excel-utf8.csv", None), ("excel-unicode-text.txt", None)],
)
def test_whatever_excel_saves_gives_the_same_people(name: str, encoding: str | None) -> None:
    found = sample(name, encoding)
    assert {one.address: dict(one.choices) for one in found.requested} == {
        "zoe.mueller@acme.example": {"approvals": IN, "announcements": IN},
        "pia@xn--bcher-kva.example": {"approvals": OUT, "announcements": OUT},
    }


def test_an_encoding_that_is_not_known_is_asked_for() -> None:
    with pytest.raises(Refused, match="cp1252"):
        sample("excel-semicolon.csv")
    with pytest.raises(Refused, match="utf-16-le"):
        people("email\nana@acme.example\n".encode("utf-16-le").decode())


@pytest.mark.parametrize("name", ["outlook.csv", "google.csv"])
def test_notes_of_an_address_book_never_become_a_person(name: str) -> None:
    found = sample(name)
    assert addresses(found) == ["fay@acme.example", "gus@acme.example"]
    assert [one.reason for one in found.refused if not one.harmless] == ["has no address"]
    assert "Notes" in found.unused


@pytest.mark.parametrize(
    ("header", "cells", "read"),
    [
        ("email,language,timezone", "de,Europe/Berlin", ("de", "Europe/Berlin")),
        ("email,Langue,Fuseau horaire", "FR_fr,europe/paris", ("fr", "Europe/Paris")),
        ("email,言語,タイムゾーン", "日本語,Asia/Tokyo", ("ja", "Asia/Tokyo")),
        ("email,Locale,TZ", "en-GB, UTC ", ("en", "UTC")),
        ("email,lang,tz", "EN-us,", ("en-US", None)),
        ("email,language,tz", "Default,DEFAULT", ("", "")),
        ("email,language,tz", ",", (None, None)),
        ("email,language,locale", ",nl", ("nl", None)),
    ],
)
def test_a_row_says_in_which_language_and_zone_a_person_reads(
    header: str, cells: str, read: tuple[str | None, str | None]
) -> None:
    found = one_in(f"{header}\nana@acme.example,{cells}\n").settings
    assert (found.get("language"), found.get("timezone")) == read


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("Klingon,", "not available in 'Klingon'"),
        ("de;fr,", "not available in 'de;fr'"),
        ("=cmd|' /C calc'!A0,", "not available in"),
        ("de,Mars/Olympus", "'Mars/Olympus' is not an IANA time zone"),
        ("de,GMT+1", "is not an IANA time zone"),
        ("de,CET (Berlin)", "is not an IANA time zone"),
        ("-,", "not available in '-'"),
        ("x" * 5_000 + ",", "not available in"),
    ],
)
def test_a_language_or_zone_that_is_unknown_refuses_its_line(cells: str, said: str) -> None:
    (line,) = refusals(f"email,language,timezone\nana@acme.example,{cells}\n")
    assert said in line.reason
    advice = "To use the customer's own setting, write `default` or leave the cell empty"
    assert advice in line.reason
    assert len(line.reason) < 400


def test_a_topic_of_that_name_is_a_topic() -> None:
    found = read_people(
        "email,language\nana@acme.example,yes\n", DEFAULTS | {"language": "OPT_OUT"}
    )
    assert found.requested[0].choices == {"language": "OPT_IN"}
    assert found.requested[0].settings == {}


@pytest.mark.parametrize(
    "text",
    [
        (SAMPLES.parent / "a-current-approved.json").read_text("utf-8"),
        '\n{"createdBy": "maria@provider.example"}',
        '{"user": "maria@provider.example"}\n{"user": "ana@acme.example"}\n',
        '["ana@acme.example"]',
        "<!DOCTYPE html>\n<p>ana@acme.example</p>",
        "<?xml version='1.0'?>\n<user>ana@acme.example</user>",
    ],
    ids=["change", "json", "json lines", "json list", "html", "xml"],
)
def test_a_file_that_is_no_list_of_people_subscribes_nobody(text: str) -> None:
    """A change document names who wrote it, on a line that reads like a pasted one."""
    with pytest.raises(Refused, match="not a list of people"):
        people(text)


@pytest.mark.parametrize(
    "text", ["<ana@acme.example>", "[Ana] <ana@acme.example>", "{Team} ana@acme.example"]
)
def test_brackets_around_a_pasted_address_are_no_other_format(text: str) -> None:
    found = people(text)
    assert found.requested or found.refused
