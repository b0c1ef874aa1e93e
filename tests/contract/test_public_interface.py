"""The program in the README uses what the package offers."""

from pathlib import Path
from unittest.mock import create_autospec

import pytest

import changecast
from changecast.hub.announcing.announce import Announcement, Outcome
from testbed.expand import ROOT
from tests.support import typed


def test_the_readmes_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (program,) = (
        text for language, text in typed.blocks(ROOT / "README.md") if language == "python"
    )
    announced = Announcement(
        outcome=Outcome.ANNOUNCED, change_id="CHG-1", revision=3, title="A title",
        customers=("acme",), withdrawn=("globex",), event_ids=(), trace_id=None, warnings=(),
    )  # fmt: skip
    announce = create_autospec(changecast.announce, return_value=announced)
    monkeypatch.setattr(changecast, "announce", announce)
    monkeypatch.chdir(tmp_path)
    Path("metadata.json").write_text("{}", "utf-8")
    exec(compile(program, "README.md", "exec"), {})
    assert capsys.readouterr().out == "3 ('acme',) ('globex',)\n"
    assert announce.call_args.args == (b"{}",)
