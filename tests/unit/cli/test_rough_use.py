"""What a clumsy or hostile machine does to the command: one sentence, never a traceback."""

import csv
import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from changecast_cli import terminal
from changecast_cli.announcing.documents import read_files
from changecast_cli.failures import Failed, Refused, exit_code, explained
from changecast_cli.local import process as local_cloud
from changecast_cli.preview.brands import parameters_of

SAMPLE = Path(__file__).parents[2] / "samples" / "d-flat.json"


def test_a_file_without_an_end_is_refused_after_the_limit() -> None:
    with pytest.raises(Refused, match="the limit is 900,000"):
        read_files([Path("/dev/zero")])


def test_a_name_too_long_for_the_system_is_refused() -> None:
    with pytest.raises(Refused, match="cannot be read"):
        read_files([Path("x" * 5_000)])


def test_json_stays_json_where_stdout_is_not_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    stdout = io.TextIOWrapper(raw, "ascii", errors="backslashreplace")
    monkeypatch.setattr(sys, "stdout", stdout)
    terminal.print_json({"title": "\N{PARTY POPPER}"})
    stdout.flush()
    assert json.loads(raw.getvalue())["title"] == "\N{PARTY POPPER}"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (PermissionError(13, "Permission denied", "build"), 1, "build: Permission denied"),
        (ValueError("Invalid endpoint: notaurl"), 1, "AWS_ENDPOINT_URL must be like"),
        (csv.Error("field larger than field limit"), 2, "CSV file cannot be read"),
    ],
)
def test_what_the_system_refuses_is_a_sentence(
    error: Exception, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(error) == code
    assert said in capsys.readouterr().err


def test_credentials_of_another_account_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody in a hurry types a hub's verb with a customer's profile."""
    who = "arn:aws:sts::222222222222:assumed-role/engineer/ana"
    answer: Any = {
        "Error": {
            "Code": "AccessDeniedException",
            "Message": f"User: {who} is not authorized to perform: ssm:GetParameters",
        }
    }
    assert exit_code(ClientError(answer, "GetParameters")) == 1
    said = capsys.readouterr().err
    assert "These credentials belong to account 222222222222" in said
    assert "if that is not the hub's account, set AWS_PROFILE or use --profile" in said


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        (
            "http://127.0.0.1:4566",
            "the embedded cloud has stopped. Start one (changecast local up)",
        ),
        ("http://localhost:4566", "the embedded cloud has stopped"),
        ("https://proxy.example", "AWS cannot be reached: "),
        (None, "AWS cannot be reached: "),
    ],
)
def test_who_does_not_answer_is_named(
    endpoint: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    error = EndpointConnectionError(endpoint_url=endpoint or "https://ssm.example")
    assert said in str(explained(error))


def test_a_fault_of_ours_is_not_dressed_up() -> None:
    with pytest.raises(ValueError, match="ours"):
        exit_code(ValueError("ours"))


@pytest.mark.parametrize("overrides", [['CustomerName="x'], [5], 7, 'CustomerName="x'])
def test_parameters_that_sam_could_not_read_are_refused(overrides: object) -> None:
    with pytest.raises(Refused, match="parameter_overrides"):
        parameters_of({"deploy": {"parameters": {"parameter_overrides": overrides}}})


def test_a_start_that_is_interrupted_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def interrupted(_: Path, process: "subprocess.Popen[bytes]") -> local_cloud.LocalCloud:
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(local_cloud, "_spawn", _sleeper)
    monkeypatch.setattr(local_cloud, "_answering", interrupted)
    with pytest.raises(KeyboardInterrupt):
        local_cloud.start(tmp_path)
    assert started[0].poll() == -signal.SIGTERM


def test_a_cloud_that_ends_at_once_is_said_to_have_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_cloud, "_spawn", lambda *_: subprocess.Popen(["true"]))
    with pytest.raises(Failed, match="did not start"):
        local_cloud.start(tmp_path)


def test_without_the_extra_the_cloud_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_cloud, "find_spec", lambda name: None if name == "hypercorn" else 1)
    with pytest.raises(Failed, match=r"\(hypercorn\): pip install 'changecast\[local\]'"):
        local_cloud.start(tmp_path)
    assert not list(tmp_path.iterdir())


def _sleeper(_: Path, authority: Path | None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["sleep", "60"])
