"""changecast customers list, as somebody reads it."""

import io
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from changecast_cli.customers import list as listing
from changecast_cli.deploying.samconfig_file import with_parameter
from changecast_cli.main import app
from changecast_cli.terminal import HarmlessConsole

SAMCONFIG = Path(__file__).parents[3] / "samconfig.toml"


def test_every_customer_is_one_line_of_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = CliRunner().invoke(app, ["customers", "list", "--config", str(SAMCONFIG)])
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert lines[1] == "acme     Acme Industries  222222222222  eu-central-1  changes@acme.example"
    assert [line.split()[0] for line in lines] == ["CODE", "acme", "globex", "initech"]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_word_is_broken_on_a_terminal_that_is_too_narrow_for_a_line(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = HarmlessConsole(file=io.StringIO(), force_terminal=True, width=width)
    monkeypatch.setattr(listing, "out", screen)
    listing.list_all(config=SAMCONFIG)
    words = screen.file.getvalue().split()  # type: ignore[attr-defined]
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", word) for word in words]
    assert {"changes@initech.example", "222222222222", "Industries"} <= set(plain)


def test_everything_about_a_customer_is_shown_as_people_write_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    topic = "arn:aws:sns:eu-central-1:222222222222:changecast-alarms"
    file = tmp_path / "samconfig.toml"
    text = with_parameter(SAMCONFIG.read_text("utf-8"), "acme", "AlarmTopicArn", topic)
    file.write_text(with_parameter(text, "acme", "Reminders", "24h,1h"))
    lines = CliRunner().invoke(app, ["customers", "show", "acme", "--config", str(file)]).stdout
    assert f"parameters  AlarmTopicArn={topic}\n" in lines
    assert "            Reminders=24h,1h\n" in lines
    assert not {"{", "}", "'", "None"} & set(lines.replace("None", " None ").split())
    assert "{" not in lines
