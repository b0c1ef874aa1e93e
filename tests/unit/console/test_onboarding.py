"""The form that adds a customer: it writes what `customers add` writes, and nothing before."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from changecast_cli.console.application import application
from changecast_cli.console.guard import Door
from changecast_cli.console.state import Console
from changecast_cli.deploying import samconfig_file
from changecast_cli.main import run
from tests.support.consoles import OWN, PREFIX, FakeBoard, console_over
from tests.support.fake_hub import FakeHub
from tests.support.seen import seen

FILE = Path("samconfig.toml")
ACME = {
    "code": "acme",
    "name": "Acme Industries",
    "account": "222222222222",
    "region": "eu-central-1",
    "sender": "changes@acme.example",
    "timezone": "Europe/Madrid",
    "language": "es",
    "support": "",
    "profile": "changecast-acme",
    "provider": "Provider",
}
HUB = {"hub_account": "111111111111", "hub_region": "eu-central-1", "hub_profile": "hub",
       "alert_email": "ops@provider.example"}  # fmt: skip
TYPED = ("customers", "add", "acme", "--name", "Acme Industries", "--account", "222222222222",
         "--region", "eu-central-1", "--sender", "changes@acme.example", "--timezone",
         "Europe/Madrid", "--language", "es", "--profile", "changecast-acme", "--provider",
         "Provider", "--hub-account", "111111111111", "--hub-region", "eu-central-1",
         "--hub-profile", "hub", "--alert-email", "ops@provider.example")  # fmt: skip
HOSTILE = '"><script>alert(1)</script>'


def typed(monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """What a command leaves in the file, which is gone then."""
    monkeypatch.setattr("sys.argv", ["changecast", *words])
    with pytest.raises(SystemExit) as stopped:
        run()
    assert not stopped.value.code
    text = FILE.read_text("utf-8")
    FILE.unlink()
    return text


def test_the_form_writes_what_the_command_writes(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_command = typed(monkeypatch, *TYPED)
    form = seen(browser, "customers/add")
    assert "The file names no hub yet" in form.text
    checked = browser.post("customers/add/check", data=ACME | HUB)
    assert "acme is new" in checked.text
    assert "changecast customers add acme --deploy" in checked.text
    assert "sam build --config-env acme" in checked.text
    assert not FILE.exists(), "nothing is written before the second button"
    for _ in range(2):
        done = browser.post("customers/add/write", data=ACME | HUB)
        assert done.url.path.endswith("/customers/customer")
        assert FILE.read_text("utf-8") == by_command
    assert "changes@acme.example" in done.text
    again = browser.post("customers/add/check", data=ACME)
    assert "already exists, with the same values" in again.text
    assert "Nothing needs to be written" in again.text


def test_a_second_customer_needs_no_hub_and_keeps_the_first(browser: TestClient) -> None:
    browser.post("customers/add/write", data=ACME | HUB)
    assert "The file names no hub yet" not in seen(browser, "customers/add").text
    other = ACME | {"code": "globex", "name": "Globex", "account": "333333333333"}
    checked = browser.post("customers/add/check", data=other)
    assert "CustomerCode=globex" in checked.text
    assert "CustomerCode=acme" not in checked.text
    browser.post("customers/add/write", data=other)
    assert [*samconfig_file.customers_in(FILE.read_text("utf-8"))] == ["acme", "globex"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"code": "Acme"}, "is not a customer code"),
        ({"account": "22222222222"}, "is not 12 digits"),
        ({"region": "mars-1"}, "SES is not available in Region"),
        ({"sender": "nobody"}, "nobody"),
        ({"timezone": "Madrid"}, "is not an IANA time zone"),
        ({"language": "xx"}, "not available in"),
        ({"name": HOSTILE}, "the name must have at most 90 characters"),
        ({"name": ""}, "missing: name"),
        ({"account": "111111111111"}, "the hub&#39;s own account"),
        ({"hub_account": "1"}, "the hub&#39;s account"),
        ({"hub_region": "mars-1"}, "the hub&#39;s Region"),
        ({"hub_account": ""}, "samconfig.toml has no customer yet"),
        ({"alert_email": "ops"}, "ops"),
        ({"profile": 'x"\nregion = "y'}, "profile"),
        ({"hub_profile": 'x"\nregion = "y'}, "profile"),
        ({"alarm_topic": "arn:aws:sns:eu-central-1:999999999999:x"}, "alarms need a topic in"),
    ],
)
def test_every_fault_is_told_and_nothing_is_written(
    browser: TestClient, wrong: dict[str, str], says: str
) -> None:
    for step in ("check", "write"):
        answer = browser.post(f"customers/add/{step}", data=ACME | HUB | wrong)
        assert answer.status_code in (400, 422)
        assert says in answer.text
        assert HOSTILE not in answer.text
        assert not FILE.exists()


def test_what_was_filled_in_stays_in_the_form(browser: TestClient) -> None:
    answer = browser.post("customers/add/check", data=ACME | {"timezone": "Madrid"})
    assert 'value="Acme Industries"' in answer.text
    assert "2 faults" not in answer.text


def test_a_read_only_console_adds_nobody(hub: FakeHub, door: Door) -> None:
    console: Console = console_over(hub, FakeBoard(), read_only=True)
    client = TestClient(application(console, door), base_url=OWN)
    page = client.get(f"/{PREFIX}/customers/add")
    assert "it cannot add a customer" in page.text
    for step in ("check", "write"):
        answer = client.post(
            f"/{PREFIX}/customers/add/{step}", data=ACME | HUB, headers={"Origin": OWN}
        )
        assert answer.status_code == 403
    assert not FILE.exists()


def test_another_page_adds_nobody(browser: TestClient) -> None:
    answer = browser.post(
        "customers/add/write", data=ACME | HUB, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert not FILE.exists()
