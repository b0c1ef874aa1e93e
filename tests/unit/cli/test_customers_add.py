"""Who may be added or changed, and the message about people who may not."""

import tomllib
from pathlib import Path

import pytest

from changecast_cli.customers.input import read_rows
from changecast_cli.customers.samconfig_entries import add_all
from changecast_cli.deploying.samconfig import HubStack
from changecast_cli.deploying.samconfig_file import accounts_in, customers_in
from changecast_cli.failures import Refused
from changecast_cli.preview.brands import parameters_of

WRITTEN = (Path(__file__).parents[3] / "samconfig.toml").read_text("utf-8")
ROW = {
    "code": "umbra", "account": "555555555555", "region": "eu-west-1", "name": "Umbra",
    "sender": "changes@umbra.example", "timezone": "Europe/Madrid",
}  # fmt: skip


def refusal(**changed: str) -> str:
    added = add_all(WRITTEN, [("here", {**ROW, **changed})])
    assert added.text == WRITTEN
    assert added.customers == []
    return added.refused["here"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"code": "Umbra"}, "not a customer code"),
        ({"code": "hub"}, "not a customer code"),
        ({"code": "acme-route"}, "not a customer code"),
        ({"code": "umbra\nx"}, "not a customer code"),
        ({"code": "acme"}, "the code is taken, by account 222222222222"),
        ({"account": "222222222222"}, "already belongs to acme"),
        ({"account": "111111111111"}, "the hub's own account"),
        ({"account": "55555555555"}, "not 12 digits"),
        ({"account": "٥٥٥٥٥٥٥٥٥٥٥٥"}, "not 12 digits"),
        ({"region": "eu-south-9"}, "SES is not available in Region 'eu-south-9'"),
        ({"region": "ap-east-2"}, "SES is not available in Region"),
        ({"name": "Globex"}, "globex has the same name"),
        ({"profile": 'x"\nregion = "y'}, "profile must have at most 200 characters"),
        ({"name": 'Um"bra'}, "none of them"),
        ({"name": "Um\nbra"}, "none of them"),
        ({"sender": "changes"}, "is not a mail address"),
        ({"sender": "a@b@umbra.example"}, "is not a mail address"),
        ({"timezone": "Madrid"}, "not an IANA time zone"),
        ({"timezone": ""}, "missing: timezone"),
        ({"language": "spanish"}, "is not a tag such as en or en-GB"),
        ({"language": "xx"}, "available: de, en, es, fr"),
        ({"language": "sv-SE"}, "available: de, en, es, fr, it, ja, nl, pt"),
        ({"sender": "umbra@gmail.com"}, "only gmail.com itself can publish"),
        ({"sender": "umbra@co.uk"}, "public suffix"),
        ({"alarm_topic": "alarms"}, "not the ARN of an SNS topic"),
        ({"channels": "maybe"}, "channels is 'maybe': write yes or no"),
        ({"digest": "weekly"}, "digest is 'weekly': write yes or no"),
        ({"reminders": "1 day"}, "is not valid: use `none`, or up to 4 times separated by commas"),
        (
            {"reminders": "1h,2h,3h,4h,5h"},
            "is not valid: use `none`, or up to 4 times separated by commas",
        ),
        ({"alarm_topic": "arn:aws:sns:eu-west-1:222222222222:ops"}, "is in account 222222222222"),
        ({"alarm_topic": "arn:aws:sns:us-east-1:555555555555:ops"}, "is in Region us-east-1"),
    ],
)
def test_each_fault_is_named(changed: dict[str, str], says: str) -> None:
    assert says in refusal(**changed)


def test_every_fault_of_a_customer_is_told_at_once() -> None:
    said = refusal(account="1", timezone="Mars", sender="x")
    assert all(word in said for word in ("12 digits", "IANA", "mail address"))


def test_one_bad_row_stops_no_other() -> None:
    rows = [
        ("f:2", {**ROW, "account": "1"}),
        ("f:3", ROW),
        ("f:4", {**ROW, "code": "vandelay", "account": "666666666666", "name": "Vandelay"}),
    ]
    added = add_all(WRITTEN, rows)
    assert added.new == ["umbra", "vandelay"]
    assert list(added.refused) == ["f:2"]
    assert accounts_in(added.text)[-2:] == ["555555555555", "666666666666"]


def test_the_same_again_changes_nothing() -> None:
    once = add_all(WRITTEN, [("here", ROW)])
    for row in (ROW, {"code": "umbra"}, {"code": "umbra", "language": "en"}):
        again = add_all(once.text, [("here", row)])
        assert again.text == once.text
        assert (again.new, again.changes, again.refused) == ([], {}, {})
        assert [each.code for each in again.customers] == ["umbra"]


def test_other_values_for_a_customer_that_is_there_are_named_and_need_update() -> None:
    once = add_all(WRITTEN, [("here", ROW)]).text
    row = {**ROW, "timezone": "Europe/Kyiv", "sender": "it@umbra.example", "language": "de"}
    refused = add_all(once, [("f:2", row)])
    assert refused.text == once
    said = refused.refused["f:2"]
    assert "timezone Europe/Madrid -> Europe/Kyiv" in said
    assert "sender changes@umbra.example -> it@umbra.example" in said
    assert "--update" in said
    changed = add_all(once, [("f:2", row)], update=True)
    after = customers_in(changed.text)["umbra"]
    assert (after.timezone, after.sender, after.language) == (
        "Europe/Kyiv", "it@umbra.example", "de",
    )  # fmt: skip
    assert after.name == "Umbra"
    assert set(changed.changes["umbra"]) == {"timezone", "sender", "language"}


def test_a_new_name_reaches_stack_route_and_sender_and_a_new_domain_its_identity() -> None:
    row = {"code": "acme", "name": "Acme Group", "sender": "it@acme-group.example"}
    changed = add_all(WRITTEN, [("here", row)], update=True)
    tables = tomllib.loads(changed.text)
    own, route = parameters_of(tables["acme"]), parameters_of(tables["acme-route"])
    assert (own["CustomerName"], own["SenderName"]) == ("Acme Group", "Acme Group changes")
    assert route["CustomerName"] == "Acme Group"
    assert own["SenderIdentity"] == "acme-group.example"
    assert own["Timezone"] == "Europe/Madrid"
    assert "# ---- Acme Group\n" in changed.text
    other = tomllib.loads(WRITTEN)
    assert [tables[name] for name in ("globex", "hub")] == [other[n] for n in ("globex", "hub")]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"account": "999999999999"}, "the code is taken, by account 222222222222"),
        ({"region": "eu-west-1"}, "the code is taken, by account 222222222222 in eu-central-1"),
        ({"name": "Initech"}, "initech has the same name"),
        ({"timezone": "Mars"}, "not an IANA time zone"),
    ],
)
def test_an_update_refuses_what_a_new_customer_could_not_have(
    changed: dict[str, str], says: str
) -> None:
    added = add_all(WRITTEN, [("here", {"code": "acme", **changed})], update=True)
    assert says in added.refused["here"]
    assert added.text == WRITTEN


def test_a_code_twice_in_one_file_is_refused_by_its_line() -> None:
    added = add_all(WRITTEN, [("f:2", ROW), ("f:3", ROW)])
    assert added.refused == {"f:3": "umbra is already in f:2: give each customer one line"}


@pytest.mark.parametrize(
    ("hub", "says"),
    [
        (HubStack("1", "eu-central-1", None), "the hub's account '1' is not 12 digits"),
        (HubStack("111111111111", "mars-1", None), "the hub's Region 'mars-1'"),
        (HubStack("111111111111", "eu-central-1", 'x"'), "the hub's profile"),
    ],
)
def test_a_hub_that_cannot_be_is_refused(hub: HubStack, says: str) -> None:
    with pytest.raises(Refused, match=says):
        add_all("", [("here", ROW)], hub)


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_cell_changes_nothing(value: str) -> None:
    row = {**dict.fromkeys(("sender", "timezone", "name"), value), "code": "acme"}
    added = add_all(WRITTEN, [("here", row)], update=True)
    assert (added.text, added.changes) == (WRITTEN, {})


def test_two_rows_of_one_file_may_not_share_an_account() -> None:
    added = add_all(WRITTEN, [("f:2", ROW), ("f:3", {**ROW, "code": "other", "name": "Other"})])
    assert "already belongs to umbra" in added.refused["f:3"]


def test_what_the_account_has_already_becomes_parameters() -> None:
    row = {**ROW, "contact_list": "staff", "identity_exists": "yes"}
    added = add_all(WRITTEN, [("here", row)])
    more = dict(customers_in(added.text)["umbra"].more)
    assert more == {"ContactList": "staff", "CreateIdentity": "no"}


def test_without_a_hub_it_is_refused_with_what_to_give() -> None:
    with pytest.raises(Refused, match="--hub-account"):
        add_all("", [("here", ROW)])
    added = add_all("", [("here", ROW)], HubStack("111111111111", "eu-central-1", None))
    assert accounts_in(added.text) == ["555555555555"]


CSV = (
    "code,account,region,name,sender,timezone\numbra,555555555555,eu-west-1,Ümbra,c@u.example,UTC\n"
)


@pytest.mark.parametrize(
    "body",
    [CSV.encode(), b"\xef\xbb\xbf" + CSV.encode(), CSV.encode("utf-16"),
     CSV.replace(",", ";").encode(), CSV.replace("\n", "\r\n").encode()],
    ids=["utf-8", "with a mark", "utf-16", "semicolons", "windows"],
)  # fmt: skip
def test_files_of_every_spreadsheet_are_read(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes(body)
    ((line, row),) = read_rows(path)
    assert (line, row["code"], row["name"]) == (2, "umbra", "Ümbra")


def test_another_encoding_is_refused_by_line_until_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes(CSV.encode("cp1252"))
    with pytest.raises(Refused, match=r"line 2 is not utf-8.*--encoding"):
        read_rows(path)
    assert read_rows(path, "cp1252")[0][1]["name"] == "Ümbra"
    with pytest.raises(Refused, match="is an unknown encoding"):
        read_rows(path, "klingon")


def test_a_file_without_the_columns_is_refused_with_both_lists(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("code,acount\numbra,555555555555\n")
    with pytest.raises(Refused, match=r"missing: account.*unknown: 'acount'"):
        read_rows(path)


def test_a_line_with_more_cells_than_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text(CSV.replace("Ümbra", "Umbra, Inc").rstrip() + "\n")
    ((line, row),) = read_rows(path)
    added = add_all(WRITTEN, [(f"f:{line}", row)])
    assert "more cells than columns" in added.refused["f:2"]
    path.write_text(CSV.replace("Ümbra", '"Umbra, Inc"'))
    assert read_rows(path)[0][1]["name"] == "Umbra, Inc"


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text(CSV.replace("timezone\n", "timezone,name\n"))
    with pytest.raises(Refused, match="twice: name"):
        read_rows(path)


def test_an_international_domain_is_written_as_ses_takes_it() -> None:
    added = add_all(WRITTEN, [("here", {**ROW, "sender": "it@münchen.example"})])
    assert customers_in(added.text)["umbra"].sender == "it@xn--mnchen-3ya.example"
