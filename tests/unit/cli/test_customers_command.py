"""changecast customers add, set, alerts, as typed: what is written, refused and said."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from changecast_cli.customers import alarm_topics, setting
from changecast_cli.customers.command import app
from changecast_cli.deploying.samconfig_file import customers_in, tables
from changecast_cli.failures import Refused
from changecast_cli.preview.brands import parameters_of

ACME = ("add", "acme", "--account", "222222222222", "--region", "eu-central-1", "--name", "Acme",
        "--sender", "changes@acme.example", "--timezone", "Europe/Madrid",
        "--hub-account", "111111111111")  # fmt: skip
REQUIRED = "code,account,region,name,sender,timezone"
CSV = (
    "code,account,region,name,sender,timezone\n"
    "umbra,555555555555,eu-west-1,Umbra,c@umbra.example,UTC\n"
    "vandelay,66666,eu-west-1,Vandelay,c@vandelay.example,UTC\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, words, input=stdin)


def refusal(result: Result) -> str:
    assert isinstance(result.exception, Refused)
    return str(result.exception)


def written() -> str:
    path = Path("samconfig.toml")
    return path.read_text("utf-8") if path.exists() else ""


def hub_parameters() -> dict[str, str]:
    return parameters_of(tables(written())["hub"])


def test_the_first_customer_without_an_alert_address_is_a_loud_warning() -> None:
    result = typed(*ACME)
    assert result.exit_code == 0
    assert "nobody will be alerted when something fails" in " ".join(result.stderr.split())
    assert "AlertEmail" not in hub_parameters()
    assert "warning" not in typed("add", "acme").stderr


def test_a_deployment_of_values_edited_by_hand_does_not_look_like_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed(*ACME)
    monkeypatch.setattr(setting, "look_first", lambda *_, **__: {})
    monkeypatch.setattr(setting, "deploy_all", lambda *_, **__: [])
    deployed = " ".join(typed("set", "acme", "--name", "Acme", "--deploy").stdout.split())
    assert "no new values given; deploys the values in samconfig.toml" in deployed
    assert "same values" not in deployed
    assert "with the same values" in typed("set", "acme", "--name", "Acme").stdout


def test_an_alert_address_is_written_for_the_hub_and_can_be_changed() -> None:
    assert "warning" not in typed(*ACME, "--alert-email", "ops@provider.example").stderr
    assert hub_parameters()["AlertEmail"] == "ops@provider.example"
    assert typed("alerts", "night@provider.example").exit_code == 0
    assert hub_parameters()["AlertEmail"] == "night@provider.example"
    assert "is not a mail address" in refusal(typed("alerts", "nobody"))


def test_one_faulty_line_changes_nothing_unless_it_is_skipped(folder: Path) -> None:
    typed(*ACME)
    before = written()
    (folder / "customers.csv").write_text(CSV)
    said = refusal(typed("add", "--from", "customers.csv"))
    assert "customers.csv:3: vandelay: account '66666' is not 12 digits" in said
    assert "add --skip-faulty to continue with the other 1" in said
    assert written() == before
    skipped = typed("add", "--from", "customers.csv", "--skip-faulty", "--json")
    assert skipped.exit_code == 2
    told = json.loads(skipped.stdout)
    assert told["added"] == ["umbra"]
    assert [each["where"] for each in told["errors"]] == ["customers.csv:3"]
    assert list(customers_in(written())) == ["acme", "umbra"]


def test_a_customer_is_named_once_in_what_is_wrong_with_it() -> None:
    typed(*ACME)
    said = refusal(typed("add", "acme", "--timezone", "Europe/Kyiv"))
    assert said.startswith(
        "acme is in samconfig.toml with different values: timezone Europe/Madrid"
    )
    assert refusal(typed("add", "umbra", "--account", "1")).startswith("umbra: missing: region")


def test_customers_are_read_from_stdin() -> None:
    typed(*ACME)
    result = typed("add", "--from", "-", stdin="".join(CSV.splitlines(keepends=True)[:2]))
    assert result.exit_code == 0, result.output
    assert list(customers_in(written())) == ["acme", "umbra"]


def test_set_changes_what_is_named_and_keeps_the_rest() -> None:
    typed(*ACME)
    result = typed("set", "acme", "--timezone", "Europe/Kyiv")
    assert "changed: timezone Europe/Madrid -> Europe/Kyiv" in result.stdout
    acme = customers_in(written())["acme"]
    assert (acme.timezone, acme.sender) == ("Europe/Kyiv", "changes@acme.example")


def test_set_deploys_what_somebody_wrote_into_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed: list[str] = []

    def deploy(config: Path, customers: list[Any]) -> list[Any]:
        deployed.extend(each.code for each in customers)
        return []

    monkeypatch.setattr(setting, "deploy_all", deploy)
    monkeypatch.setattr(setting, "look_first", lambda *_: {})
    typed(*ACME)
    before = written()
    result = typed("set", "acme", "--deploy")
    assert (result.exit_code, deployed, written()) == (0, ["acme"], before), result.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("set", "Acme", "--timezone", "UTC"), "did you mean 'acme'"),
        (("set", "acmee", "--timezone", "UTC"), "did you mean 'acme'"),
        (("set", "acme"), "name at least one value"),
        (("set", "acme", "--language", "xx"), "not available in 'xx'"),
        (("add", "--from", "x.csv", "--timezone", "UTC"), "omit --timezone"),
    ],
)
def test_what_cannot_be_set_is_refused_and_changes_nothing(
    words: tuple[str, ...], says: str
) -> None:
    typed(*ACME)
    before = written()
    assert says in refusal(typed(*words))
    assert written() == before


def test_removing_without_anybody_there_says_what_to_add_and_removes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    typed(*ACME)
    before = written()
    result = typed("remove", "acme", "--leave-open")
    assert "add --yes" in refusal(result)
    assert "aws cloudformation delete-stack" not in result.output
    assert written() == before


@pytest.mark.parametrize(
    ("endpoint", "first"), [("", None), ("http://127.0.0.1:4566", 'eval "$(changecast local env')]
)
def test_what_is_to_be_typed_next_works_in_a_folder_without_templates(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, first: str | None
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    lines = typed(*ACME).output.partition("Next:\n")[2].splitlines()
    assert lines[-1].strip() == "changecast customers add acme --deploy"
    assert [line.strip()[:28] for line in lines[:-1]] == ([first] if first else [])


TOPIC = "arn:aws:sns:eu-central-1:222222222222:changecast-alarms"


def sns_says(monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> list[str]:
    """Let SNS answer, or fail, for every topic; return the topics that it was asked for."""
    asked: list[str] = []

    class Sns:
        def client(self, _: str) -> "Sns":
            return self

        def list_subscriptions_by_topic(self, TopicArn: str) -> dict[str, Any]:  # noqa: N803
            asked.append(TopicArn)
            if error:
                raise error
            return {"Subscriptions": []}

    monkeypatch.setattr(alarm_topics, "session_of", lambda _: Sns())
    return asked


def sns_error(code: str) -> ClientError:
    said: Any = {"Error": {"Code": code, "Message": "Topic does not exist"}}
    return ClientError(said, "ListSubscriptionsByTopic")


@pytest.mark.parametrize("words", [("set", "acme"), (*ACME[:2], "--update"), ("new",), ("csv",)])
def test_a_topic_that_does_not_exist_is_refused_with_the_command_that_creates_it(
    monkeypatch: pytest.MonkeyPatch, folder: Path, words: tuple[str, ...]
) -> None:
    sns_says(monkeypatch, sns_error("NotFound"))
    if words == ("new",):
        words = ACME
    else:
        typed(*ACME)
    before = written()
    if words == ("csv",):
        header = "code,account,region,name,sender,timezone,alarm_topic\n"
        row = f"acme,222222222222,eu-central-1,Acme,changes@acme.example,Europe/Madrid,{TOPIC}\n"
        (folder / "c.csv").write_text(header + row)
        said = refusal(typed("add", "--from", "c.csv", "--update"))
    else:
        said = refusal(typed(*words, "--alarm-topic", TOPIC))
    assert f"account 222222222222 has no topic {TOPIC}" in said
    assert "An administrator of that account must create it" in said
    assert "aws sns create-topic --name changecast-alarms --region eu-central-1" in said
    assert "Nothing was changed" in said
    assert written() == before


def test_a_topic_that_exists_is_written_and_looked_up_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = sns_says(monkeypatch, None)
    typed(*ACME)
    assert "warning" not in typed("set", "acme", "--alarm-topic", TOPIC).stderr
    assert asked == [TOPIC]
    typed("set", "acme", "--timezone", "Europe/Kyiv")
    assert asked == [TOPIC]  # it is not new any more
    assert dict(customers_in(written())["acme"].more)["AlarmTopicArn"] == TOPIC


def test_a_topic_that_cannot_be_looked_up_is_written_and_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed(*ACME)
    sns_says(monkeypatch, sns_error("AuthorizationError"))
    done = typed("set", "acme", "--alarm-topic", TOPIC)
    assert done.exit_code == 0
    said = " ".join(done.stderr.split())
    assert f"acme: the alarm topic {TOPIC} was not looked up" in said
    assert "To check it later: changecast doctor --customer acme" in said
    assert dict(customers_in(written())["acme"].more)["AlarmTopicArn"] == TOPIC


@pytest.mark.parametrize(
    ("header", "says", "not_said"),
    [
        ("code,name", "missing: account, region, sender, timezone. The first line", "unknown"),
        (f"{REQUIRED},colour", "c.csv: unknown: 'colour'. The first line", "missing"),
        (f"{REQUIRED},code", "c.csv: twice: code. The first line", "unknown"),
    ],
)
def test_of_a_wrong_header_only_what_is_wrong_is_told(
    folder: Path, header: str, says: str, not_said: str
) -> None:
    typed(*ACME)
    (folder / "c.csv").write_text(f"{header}\n")
    said = refusal(typed("add", "--from", "c.csv"))
    assert says in said
    assert not_said not in said
    assert "none" not in said
