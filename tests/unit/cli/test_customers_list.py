"""changecast customers list, as somebody reads it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from changecast_cli.main import app

SAMCONFIG = Path(__file__).parents[3] / "samconfig.toml"


def test_every_customer_is_one_line_of_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = CliRunner().invoke(app, ["customers", "list", "--config", str(SAMCONFIG)])
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert lines[1] == "acme     Acme Industries  222222222222  eu-central-1  changes@acme.example"
    assert [line.split()[0] for line in lines] == ["CODE", "acme", "globex", "initech"]
