"""`--json` prints one JSON object with `errors[]`, whatever goes wrong; people read stderr."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from changecast_cli import main, terminal
from tests.unit.cli.test_wrong_account import SAMCONFIG

SAMPLE = Path(__file__).parents[2] / "samples" / "d-flat.json"


@dataclass(frozen=True)
class Ended:
    returncode: object
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Program:
    """The program as the console script starts it, each time as if it were the first."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Ended:
        self.monkeypatch.setattr(terminal, "_errors", [])
        self.monkeypatch.setattr(terminal, "_printed", [])
        self.monkeypatch.setattr(terminal, "_not_done", [])
        self.monkeypatch.setattr(sys, "argv", ["changecast", *words])
        with pytest.raises(SystemExit) as left:
            main.run()
        said = self.capsys.readouterr()
        return Ended(left.value.code, said.out, said.err)


@pytest.fixture
def program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Program:
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(main, "print_everywhere", lambda: None)
    (tmp_path / "empty.json").write_text("{}")
    (tmp_path / "list.json").write_text("[]")
    return Program(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("customers", "show", "nobody", "--json"), 2, "has no customer 'nobody'"),
        (("customers", "add", "acme", "--json"), 2, "--hub-account"),
        (("status", "--nonsense", "--json"), 2, "No such option"),
        (("validate", "nothere.json", "--json"), 2, "nothere.json cannot be read"),
        (("validate", "empty.json", "--json"), 2, "empty.json"),
        (("status", "--json"), 1, "AWS"),
    ],
)
def test_a_fault_is_one_object_on_stdout_and_a_sentence_on_stderr(
    program: Program, words: tuple[str, ...], code: int, says: str
) -> None:
    ended = program(*words)
    assert ended.returncode == code, ended.stderr
    told = json.loads(ended.stdout)
    assert says in json.dumps(told), ended.stdout
    assert says in " ".join(ended.stderr.split()) or "files" in told
    assert "errors" in told


def test_a_dry_run_is_one_object_with_what_would_be_done(program: Program, tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text(SAMCONFIG, "utf-8")
    ended = program("customers", "remove", "acme", "--leave-open", "--dry-run", "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert (told["done"], told["errors"]) == (False, [])
    assert any("samconfig.toml" in line for line in told["plan"]), told
    assert (tmp_path / "samconfig.toml").read_text("utf-8") == SAMCONFIG


def test_success_has_no_errors(program: Program) -> None:
    ended = program("validate", str(SAMPLE), "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["errors"] == []


@pytest.mark.parametrize("name", ["list.json", "empty.json"])
def test_no_message_begins_with_a_bare_dollar(program: Program, name: str) -> None:
    ended = program("validate", name)
    assert ended.returncode == 2
    assert name in ended.stdout + ended.stderr
    words = (ended.stdout + ended.stderr).split()
    assert "$" not in words
    assert "$:" not in words
