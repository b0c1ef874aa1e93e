"""samconfig.toml keeps people's comments, order and spacing, whatever we add or take out."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from samcli.cli.types import CfnParameterOverridesType

from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import (
    CustomerStack,
    HubStack,
    customer_environment,
    route_environment,
)
from changecast_cli.failures import Refused
from changecast_cli.preview.brands import parameters_of

WRITTEN = (Path(__file__).parents[3] / "samconfig.toml").read_text("utf-8")
HUB = HubStack("111111111111", "eu-central-1", "changecast-hub")
UMBRA = CustomerStack(
    "umbra", "555555555555", "eu-west-1", "Umbra O'Neil", "changes@umbra.example", "UTC", "en",
    "desk@provider.example", "umbra", (("CreateIdentity", "no"),),
)  # fmt: skip


def test_a_customer_that_is_added_changes_nothing_but_the_hubs_accounts_above_it() -> None:
    text = samconfig_file.with_customer(WRITTEN, UMBRA, HUB)
    old, new = WRITTEN.rstrip().splitlines(), text.splitlines()
    changed = [(a, b) for a, b in zip(old, new, strict=False) if a != b]
    assert [b.strip() for _, b in changed] == [
        '"CustomerAccounts=222222222222,333333333333,444444444444,555555555555",'
    ]
    assert "# ---- Umbra O'Neil" in new[len(old) :]


def test_what_is_added_is_read_back_as_it_was() -> None:
    text = samconfig_file.with_customer(WRITTEN, UMBRA, HUB)
    assert samconfig_file.customers_in(text)["umbra"] == UMBRA
    tables = tomllib.loads(text)
    assert tables["umbra"] == customer_environment(UMBRA, HUB, ".aws-sam/umbra")
    assert tables["umbra-route"] == route_environment(UMBRA, HUB)


@pytest.mark.parametrize("code", ["acme", "globex", "initech"])
def test_adding_after_removing_leaves_the_others_as_they_were(code: str) -> None:
    before = samconfig_file.customers_in(WRITTEN)
    left = samconfig_file.without_customer(WRITTEN, code)
    assert list(samconfig_file.customers_in(left)) == [each for each in before if each != code]
    assert before[code].account not in left
    assert before[code].name not in left
    for other in before.values():
        if other.code != code:
            assert f"# ---- {other.name}" in left


def test_removing_what_was_added_gives_the_same_file() -> None:
    text = samconfig_file.with_customer(WRITTEN, UMBRA, HUB)
    assert samconfig_file.without_customer(text, "umbra") == WRITTEN.rstrip() + "\n"


def test_comments_of_people_survive() -> None:
    mine = WRITTEN.replace("[acme.global.parameters]", "# do not touch\n[acme.global.parameters]")
    mine = mine.replace('"Language=en",', '"Language=en", # agreed in May')
    text = samconfig_file.without_customer(samconfig_file.with_customer(mine, UMBRA, HUB), "globex")
    assert "# do not touch\n[acme.global.parameters]" in text
    assert "# agreed in May" in text


def test_a_parameter_is_set_in_place_or_added() -> None:
    text = samconfig_file.with_parameter(WRITTEN, "acme", "Language", "es")
    text = samconfig_file.with_parameter(text, "acme", "CreateIdentity", "no")
    acme = samconfig_file.customers_in(text)["acme"]
    assert (acme.language, acme.more) == ("es", (("CreateIdentity", "no"),))


@pytest.mark.parametrize(
    "support",
    ["Service desk, +34 900 000 000", "desk@provider.example", "O'Neil & Söhne (24/7)", "a = b # c",
     "https://desk.example/?a=1;b=2", "x" * 200, "Hotline: 100 %"],
)  # fmt: skip
def test_a_support_contact_reaches_the_stack_whole_by_sams_own_reader(support: str) -> None:
    text = samconfig_file.with_customer(WRITTEN, replace(UMBRA, support=support), HUB)
    later = samconfig_file.with_parameter(text, "umbra", "SupportContact", support)
    for written in (text, later):
        given = tomllib.loads(written)["umbra"]["deploy"]["parameters"]["parameter_overrides"]
        read = CfnParameterOverridesType().convert(tuple(given), None, None)
        assert read["SupportContact"] == support
        assert samconfig_file.customers_in(written)["umbra"].support == support


def test_a_parameter_that_sam_cannot_read_back_is_refused() -> None:
    with pytest.raises(Refused, match="SupportContact cannot contain"):
        samconfig_file.with_parameter(WRITTEN, "acme", "SupportContact", 'the "desk"')


def test_a_new_route_is_under_the_key_of_the_hub() -> None:
    key = "1234abcd-12ab-34cd-56ef-1234567890ab"
    keyed = samconfig_file.with_parameter(WRITTEN, "hub", "KmsKeyId", key)
    for text, expected in ((keyed, key), (WRITTEN, None)):
        route = tomllib.loads(samconfig_file.with_customer(text, UMBRA, HUB))["umbra-route"]
        assert parameters_of(route).get("KmsKeyId") == expected


def test_an_empty_file_becomes_one_with_a_hub() -> None:
    text = samconfig_file.with_customer(samconfig_file.with_hub("", HUB), UMBRA, HUB)
    assert samconfig_file.hub_in(text) == HUB
    assert samconfig_file.accounts_in(text) == ["555555555555"]
    assert tomllib.loads(text)["version"] == 0.1


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "samconfig.toml"
    path.write_text("[hub\n")
    with pytest.raises(Refused, match="not TOML"):
        samconfig_file.read(path)


def test_saving_replaces_the_file_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "samconfig.toml"
    path.write_text("version = 0.1\n")
    path.chmod(0o640)
    samconfig_file.save(path, WRITTEN)
    assert path.read_text() == WRITTEN
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["samconfig.toml"]
    with pytest.raises(Refused):
        samconfig_file.save(path, "[half")
    assert path.read_text() == WRITTEN


def test_overrides_in_one_string_are_refused_with_what_to_do() -> None:
    text = '[hub.deploy.parameters]\nparameter_overrides = "CustomerAccounts=222222222222"\n'
    with pytest.raises(Refused, match="as a list"):
        samconfig_file.with_accounts(text, ["333333333333"])


def test_names_with_quotes_of_any_kind_are_written_so_that_sam_reads_them() -> None:
    for name in ("Umbra O'Neil", "Müller & Söhne", "a = b # c"):
        text = samconfig_file.with_customer(WRITTEN, replace(UMBRA, name=name), HUB)
        assert samconfig_file.customers_in(text)["umbra"].name == name
