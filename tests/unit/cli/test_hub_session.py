"""Which hub a verb uses if no option names one."""

from pathlib import Path

import pytest

from changecast_cli.options import session

SAMCONFIG = '[hub.global.parameters]\nprofile = "ops-hub"\nregion = "eu-west-1"\n'
PROFILES = "[profile ops-hub]\nregion = eu-west-2\n[profile other]\nregion = eu-north-1\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").write_text(PROFILES)
    return tmp_path


def test_the_hub_of_samconfig_is_asked_where_nothing_is_said(folder: Path) -> None:
    (folder / "samconfig.toml").write_text(SAMCONFIG)
    found = session(None, None)
    assert (found.profile_name, found.region_name) == ("ops-hub", "eu-west-2")


def test_what_is_given_goes_before_samconfig(folder: Path) -> None:
    (folder / "samconfig.toml").write_text(SAMCONFIG)
    found = session("other", "eu-south-1")
    assert (found.profile_name, found.region_name) == ("other", "eu-south-1")


def test_keys_of_the_shell_go_before_the_profile_of_samconfig(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "samconfig.toml").write_text(SAMCONFIG)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    found = session(None, None)
    assert (found.profile_name, found.region_name) == ("default", "eu-west-1")


@pytest.mark.parametrize("text", ["", "[hub", "[hub]\n", 'hub = "x"\n', "[hub.global]\n"])
def test_a_file_that_does_not_name_a_hub_changes_nothing(folder: Path, text: str) -> None:
    (folder / "samconfig.toml").write_text(text)
    found = session(None, None)
    assert found.profile_name == "default"
    assert not found.region_name


def test_a_profile_that_this_machine_does_not_have_is_not_used(folder: Path) -> None:
    (folder / "samconfig.toml").write_text(SAMCONFIG.replace("ops-hub", "nobodys"))
    assert session(None, None).profile_name == "default"
