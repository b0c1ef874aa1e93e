"""Ways into a customer's account, and what somebody reads where there is none."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from changecast.hub.registry import PREFIX
from changecast_cli.customer_access import Keys, enter
from changecast_cli.failures import Refused
from tests.support.builders import ACCOUNTS, registered


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """The hub, with acme and globex registered, in an empty folder without profiles."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        session = boto3.Session("test", "test", region_name="eu-central-1")
        for code in ("acme", "globex"):
            value = json.dumps(asdict(registered(code)[code]))
            session.client("ssm").put_parameter(Name=PREFIX + code, Value=value, Type="String")
        yield session


def test_a_profile_that_leads_elsewhere_is_refused_before_anything_is_read(
    hub: boto3.Session,
) -> None:
    Path("config").write_text(
        "[profile changecast-acme]\naws_access_key_id = test\naws_secret_access_key = test\n"
    )
    with pytest.raises(Refused, match=f"but acme is in {ACCOUNTS['acme']}"):
        enter(hub, "acme", Keys(None, None))


@pytest.mark.parametrize(
    ("code", "keys", "says"),
    [
        ("umbrella", Keys(None, None), r"not registered \(known: acme, globex\)"),
        ("acme", Keys(None, None), "--external-id if the customer lets you use its role"),
        ("acme", Keys("nope", None), "there is no AWS profile nope"),
    ],
)
def test_where_no_way_leads_in_the_sentence_says_what_to_do(
    hub: boto3.Session, code: str, keys: Keys, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        enter(hub, code, keys)


def test_a_broken_samconfig_is_said_and_not_a_traceback(hub: boto3.Session) -> None:
    Path("samconfig.toml").write_text("[acme")
    with pytest.raises(Refused, match="is not TOML"):
        enter(hub, "acme", Keys(None, None))
