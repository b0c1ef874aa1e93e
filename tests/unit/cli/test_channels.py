"""`changecast channels`: what it keeps, what it refuses, and that a secret is shown once."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from changecast.customer.channels.webhook import key_of
from changecast.customer.ledger.endpoints import note_failure, note_test, read_endpoints
from changecast.customer.ledger.table import Ledger
from changecast_cli.channels import adding, copies, looking
from changecast_cli.channels import secrets as rotating
from changecast_cli.channels.account import Channels
from changecast_cli.channels.command import app
from changecast_cli.failures import Failed, Refused
from testbed.doubles.answers import refusal
from testbed.doubles.dynamodb import Table

ACCOUNT, REGION = "222222222222", "eu-central-1"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:changecast-changes"
URL = "https://hooks.acme.example/changes?token=in-the-path"


class Aws:
    """A session and its clients: secrets are kept, and a test is answered at once."""

    region_name = REGION

    def __init__(self) -> None:
        self.secrets: dict[str, list[str]] = {}
        self.ledger = Ledger(Table(), "ledger", 0.0, 0.0)  # type: ignore[arg-type]
        self.result = "accepted"

    def client(self, service: str) -> "Aws":
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": ACCOUNT}

    def create_secret(self, **given: Any) -> dict[str, str]:
        if given["Name"] in self.secrets:
            raise refusal("ResourceExistsException", 400)
        self.secrets[given["Name"]] = [given["SecretString"]]
        return {"ARN": given["Name"]}

    def put_secret_value(self, **given: Any) -> dict[str, str]:
        self.secrets[given["SecretId"]].append(given["SecretString"])
        return {"ARN": given["SecretId"]}

    def delete_secret(self, **given: Any) -> None:
        del self.secrets[given["SecretId"]]

    def send_message(self, **given: Any) -> None:
        name = json.loads(given["MessageBody"])["test"]
        passed = self.result == "accepted"
        note_test(self.ledger, name, self.result, 1_800_000_000.0, passed=passed)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    found = Aws()
    channels = Channels(found, found.ledger, "notices", "")  # type: ignore[arg-type]
    for module in (adding, copies, looking, rotating):
        monkeypatch.setattr(module, "open_channels", lambda *_: channels)
    return found


def typed(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, words)


def added(*words: str) -> dict[str, Any]:
    done = typed("add", *words, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_webhook_is_kept_and_its_secret_is_shown_once(aws: Aws) -> None:
    said = added("webhook", "--name", "ops", "--url", URL, "--topics", "announcements, approvals")
    (kept,) = read_endpoints(aws.ledger)
    assert (kept.name, kept.target, kept.tests) == ("ops", URL, False)
    assert kept.topics == ("announcements", "approvals")
    assert aws.secrets == {"changecast/channels/ops": [said["secret"]]}
    assert len(key_of(said["secret"])) == 32
    assert said["secret"] not in typed("show", "ops").output + typed("list").output


def test_a_list_names_the_host_of_a_webhook_and_not_what_may_be_a_password(aws: Aws) -> None:
    added("webhook", "--url", URL)
    added("chat", "--topic-arn", TOPIC)
    listed = typed("list").output
    assert "hooks.acme.example" in listed
    assert "changecast-changes" in listed
    assert "token" not in listed


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("webhook", "--url", "http://hooks.acme.example/"), "is not a valid address: write it "
                                                             "like https://"),
        (("webhook", "--url", "https://u:p@hooks.acme.example/"), "not have a user, a password"),
        (("webhook", "--url", URL, "--name", "Ops!"), "is not a channel name"),
        (("webhook", "--url", URL, "--topics", "calendar"), "cannot get the topic calendar"),
        (("webhook", "--url", URL, "--topics", ","), "--topics is empty"),
        (("chat", "--topic-arn", "changecast-changes"), "is not the ARN of an SNS topic"),
        (("chat", "--topic-arn", TOPIC.replace(ACCOUNT, "333333333333")), "account 333333333333"),
        (("chat", "--topic-arn", TOPIC.replace(REGION, "us-east-1")), "in us-east-1"),
        (("chat", "--topic-arn", TOPIC.replace("changecast-", "orders-")), "begins with change"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_channel_is_refused_and_nothing_is_kept(
    words: tuple[str, ...], says: str, aws: Aws
) -> None:
    done = typed("add", *words)
    assert isinstance(done.exception, Refused)
    assert says in str(done.exception)
    assert "u:p" not in str(done.exception)
    assert (read_endpoints(aws.ledger), aws.secrets) == ([], {})


def test_a_name_that_is_taken_is_refused_and_its_secret_stays(aws: Aws) -> None:
    said = added("webhook", "--url", URL)
    done = typed("add", "webhook", "--url", "https://other.acme.example/")
    assert isinstance(done.exception, Refused)
    assert aws.secrets == {"changecast/channels/webhook": [said["secret"]]}


def test_an_account_has_at_most_twenty_channels(aws: Aws) -> None:
    for number in range(20):
        added("webhook", "--name", f"ops-{number}", "--url", URL)
    done = typed("add", "webhook", "--name", "one-more", "--url", URL)
    assert "at most 20 channels" in str(done.exception)


def test_a_backup_has_no_secret_and_a_restore_gives_new_ones_to_what_is_missing(
    aws: Aws, tmp_path: Path
) -> None:
    file = tmp_path / "channels.json"
    first = added("webhook", "--name", "ops", "--url", URL, "--topics", "announcements,approvals")
    added("webhook", "--name", "second", "--url", URL, "--tests")
    added("chat", "--topic-arn", TOPIC)
    before = {one.name: one for one in read_endpoints(aws.ledger)}
    assert "3 channels" in typed("backup", str(file)).stdout
    assert first["secret"] not in file.read_text()
    assert "changecast/channels" not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0

    for name in ("ops", "chat"):
        assert typed("remove", name, "--yes").exit_code == 0
    only_said = typed("restore", str(file), "--dry-run")
    assert "webhook ops is added" in only_said.stderr
    assert [one.name for one in read_endpoints(aws.ledger)] == ["second"]
    done = json.loads(typed("restore", str(file), "--yes", "--json").stdout)
    assert done["kept"] == ["second"]
    secrets = {one["name"]: one.get("secret") for one in done["added"]}
    assert secrets["chat"] is None
    assert aws.secrets["changecast/channels/ops"] == [secrets["ops"]] != [first["secret"]]
    after = {one.name: one for one in read_endpoints(aws.ledger)}
    for name, one in before.items():
        again = after[name]
        assert (again.target, again.topics, again.tests) == (one.target, one.topics, one.tests)
    twice = typed("restore", str(file), "--yes", "--json")
    assert json.loads(twice.stdout)["added"] == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"target": "https://127.0.0.1:80/"}, "must use port 443"),
        (
            {"target": "http://hooks.acme.example/"},
            "is not a valid address: write it like https://",
        ),
        ({"name": "Ops!"}, "is not a channel name"),
        ({"topics": ["calendar"]}, "cannot get the topic calendar"),
        ({"channel": "pager"}, "cannot be read"),
        ({"channel": ""}, "To restore people: changecast contacts restore"),
        ({"channel": "chat", "target": TOPIC.replace(ACCOUNT, "333333333333")}, "account 3333"),
        ({"secret": "whsec_x"}, "unknown fields"),  # pragma: allowlist secret
    ],
)
def test_a_backup_that_somebody_changed_is_refused_and_nothing_is_added(
    changed: dict[str, Any], says: str, aws: Aws, tmp_path: Path
) -> None:
    good = {"channel": "webhook", "target": URL, "topics": ["announcements"], "tests": False}
    channels = [{**good, "name": "first"}, {**good, "name": "ops", **changed}]
    file = tmp_path / "channels.json"
    file.write_text(json.dumps({"format": copies.FORMAT, "channels": channels}))
    done = typed("restore", str(file), "--yes")
    assert isinstance(done.exception, Refused)
    assert says in str(done.exception)
    assert (read_endpoints(aws.ledger), aws.secrets) == ([], {})


def test_a_rotation_keeps_the_secret_before_it_for_a_day(aws: Aws) -> None:
    first = added("webhook", "--url", URL)["secret"]
    second = json.loads(typed("rotate", "webhook", "--yes", "--json").stdout)["secret"]
    assert aws.secrets == {"changecast/channels/webhook": [first, second]}
    assert read_endpoints(aws.ledger)[0].rotated_at > 0
    assert "old secret ends at" in typed("show", "webhook").output
    again = typed("rotate", "webhook", "--dry-run")
    assert "the previous one stops working now" in " ".join(again.output.split())
    assert len(aws.secrets["changecast/channels/webhook"]) == 2


def test_a_chat_has_no_secret_to_rotate(aws: Aws) -> None:
    added("chat", "--topic-arn", TOPIC)
    assert "has no secret" in str(typed("rotate", "chat", "--yes").exception)


def test_a_test_says_what_came_of_it(aws: Aws) -> None:
    added("webhook", "--name", "ops", "--url", URL)
    assert "ops ✓ accepted" in typed("test", "ops").output
    note_failure(aws.ledger, read_endpoints(aws.ledger)[0], "401", 1.0)
    assert "failing: 401" in typed("list").output


def test_a_test_that_fails_exits_as_failed(aws: Aws) -> None:
    added("webhook", "--name", "ops", "--url", URL)
    aws.result = "not_public"
    done = typed("test", "ops")
    assert isinstance(done.exception, Failed)
    assert "not_public" in str(done.exception)


def test_a_removed_channel_leaves_no_secret(aws: Aws) -> None:
    added("webhook", "--name", "ops", "--url", URL)
    assert typed("remove", "ops", "--dry-run").exit_code == 0
    assert len(read_endpoints(aws.ledger)) == 1
    assert typed("remove", "ops", "--yes").exit_code == 0
    assert (read_endpoints(aws.ledger), aws.secrets) == ([], {})


@pytest.mark.parametrize("verb", ["show", "test", "remove", "rotate"])
def test_a_channel_that_is_not_there_is_named_with_those_that_are(verb: str, aws: Aws) -> None:
    added("webhook", "--name", "ops", "--url", URL)
    done = typed(verb, "opps")
    assert isinstance(done.exception, Refused)
    assert "there is no channel 'opps' here (channels: ops)" in str(done.exception)
