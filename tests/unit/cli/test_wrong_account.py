"""Somebody in a hurry uses the credentials of another account than a command needs."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast_cli import main, options
from changecast_cli.options import CUSTOMER, HUB

SAMCONFIG = """version = 0.1
[hub.global.parameters]
region = "eu-central-1"
[acme.global.parameters]
region = "eu-central-1"
[acme.deploy.parameters]
parameter_overrides = ["CustomerCode=acme", "HubAccount=111111111111"]
[acme-route.deploy.parameters]
parameter_overrides = ["CustomerCode=acme", "CustomerAccount=222222222222"]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["changecast", "status"])
    (tmp_path / "samconfig.toml").write_text(SAMCONFIG, "utf-8")
    return tmp_path


def session(account: str, profile: str = "default") -> Any:
    def get_caller_identity() -> dict[str, str]:
        if not account:
            raise ClientError({"Error": {"Code": "ExpiredToken"}}, "GetCallerIdentity")
        return {"Account": account}

    sts = SimpleNamespace(get_caller_identity=get_caller_identity)
    return SimpleNamespace(profile_name=profile, client=lambda _: sts)


def refused(
    monkeypatch: pytest.MonkeyPatch,
    code: str = "AccessDeniedException",
    caller: str = "222222222222",
    **opened: Any,
) -> int:
    """Return the exit status of a command that opened these sessions, and that AWS refused."""
    who = f"arn:aws:sts::{caller}:assumed-role/engineer/ana"
    message = f"User: {who} is not authorized to perform: ssm:GetParameters on resource: it"
    answer: Any = {"Error": {"Code": code, "Message": message}}

    def typed() -> int:
        options.opened.update(opened)
        raise ClientError(answer, "GetParameters")

    monkeypatch.setattr(main, "_done_as_typed", typed)
    return main._exit_code()


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
@pytest.mark.parametrize(
    ("account", "profile", "said"),
    [
        ("222222222222", "changecast-acme",
         "profile changecast-acme belongs to account 222222222222 (acme)"),
        ("222222222222", "default", "these credentials belong to account 222222222222 (acme)"),
        ("999999999999", "other", "profile other belongs to account 999999999999"),
    ],
)  # fmt: skip
def test_a_hubs_verb_with_another_accounts_credentials_names_both_accounts(
    code: str,
    account: str,
    profile: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert refused(monkeypatch, code, hub=session(account, profile)) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert f"{said}, but the hub is in 111111111111: nothing was done there" in told
    assert "not authorized" not in told


def test_a_customers_verb_with_the_hubs_credentials_asks_for_the_customers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(monkeypatch, "AccessDenied", customer=session("111111111111")) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "belong to account 111111111111, the hub's" in told
    assert "works in a customer's account" in told
    assert "Add --customer CODE" in told


@pytest.mark.parametrize(
    ("opened", "needed"),
    [
        # A permission of the right account is missing.
        ({HUB: session("111111111111")}, "the hub's"),
        ({CUSTOMER: session("222222222222")}, "the customer's"),
        # The hub's are right; the customer's account refused.
        ({HUB: session("111111111111"), CUSTOMER: session("222222222222")}, "the hub's"),
        ({HUB: session("")}, "the hub's"),
        ({}, "the hub's"),
    ],
)
def test_a_missing_permission_of_the_right_account_stays_aws_own_sentence(
    opened: dict[str, Any],
    needed: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert refused(monkeypatch, **opened) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "is not authorized to perform" in told
    assert f"if that is not {needed} account" in told


@pytest.mark.parametrize("text", [None, "", "version = 0.1\n", "[hub"])
def test_without_an_account_in_samconfig_aws_own_sentence_stays(
    text: str | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "samconfig.toml"
    file.unlink() if text is None else file.write_text(text, "utf-8")
    assert refused(monkeypatch, hub=session("222222222222")) == 1


def test_a_verb_remembers_whose_credentials_it_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    from changecast_cli.contacts.account import session_for  # noqa: PLC0415

    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    hub, own = options.session(None, "eu-central-1"), session_for(None, None, "eu-central-1")
    assert options.opened == {HUB: hub, CUSTOMER: own}
