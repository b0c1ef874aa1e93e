"""Who may be added, and what is said of those who may not."""

from pathlib import Path

import pytest

from changecast_cli.customers.add import add_all
from changecast_cli.customers.input import read_rows
from changecast_cli.deploying.samconfig import Hub
from changecast_cli.deploying.samconfig_file import accounts_in, customers_in
from changecast_cli.failures import Refused

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
        ({"code": "Umbra"}, "no customer code"),
        ({"code": "hub"}, "no customer code"),
        ({"code": "acme-route"}, "no customer code"),
        ({"code": "umbra\nx"}, "no customer code"),
        ({"code": "acme"}, "the code is taken, by account 222222222222"),
        ({"account": "222222222222"}, "belongs to acme already"),
        ({"account": "111111111111"}, "the hub's own account"),
        ({"account": "55555555555"}, "not 12 digits"),
        ({"account": "٥٥٥٥٥٥٥٥٥٥٥٥"}, "not 12 digits"),
        ({"region": "eu-south-9"}, "SES is not in Region 'eu-south-9'"),
        ({"region": "ap-east-2"}, "SES is not in Region"),
        ({"name": "Globex"}, "globex has the same name"),
        ({"name": 'Um"bra'}, "none of them"),
        ({"name": "Um\nbra"}, "none of them"),
        ({"sender": "changes"}, "no mail address"),
        ({"sender": "a@b@umbra.example"}, "no mail address"),
        ({"timezone": "Madrid"}, "not an IANA time zone"),
        ({"timezone": ""}, "missing: timezone"),
        ({"language": "spanish"}, "not of the form"),
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
    again = add_all(once.text, [("here", ROW), ("here", {"code": "umbra", "language": "en"})])
    assert again.text == once.text
    assert again.new == []
    assert [each.code for each in again.customers] == ["umbra", "umbra"]


def test_two_rows_of_one_file_may_not_share_an_account() -> None:
    added = add_all(WRITTEN, [("f:2", ROW), ("f:3", {**ROW, "code": "other", "name": "Other"})])
    assert "belongs to umbra already" in added.refused["f:3"]


def test_what_the_account_has_already_becomes_parameters() -> None:
    row = {**ROW, "contact_list": "staff", "identity_exists": "yes"}
    added = add_all(WRITTEN, [("here", row)])
    more = dict(customers_in(added.text)["umbra"].more)
    assert more == {"ContactList": "staff", "CreateIdentity": "no"}


def test_without_a_hub_it_is_refused_with_what_to_give() -> None:
    with pytest.raises(Refused, match="--hub-account"):
        add_all("", [("here", ROW)])
    added = add_all("", [("here", ROW)], Hub("111111111111", "eu-central-1", None))
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
    with pytest.raises(Refused, match="no encoding"):
        read_rows(path, "klingon")


def test_a_file_without_the_columns_is_refused_with_both_lists(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("code,acount\numbra,555555555555\n")
    with pytest.raises(Refused, match=r"missing: account.*unknown: 'acount'"):
        read_rows(path)
