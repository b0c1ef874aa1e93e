"""People and scripts add and remove customers at the same time: nobody's customer is lost."""

import subprocess
import sys
from pathlib import Path

from changecast_cli.deploying.samconfig_file import accounts_in, customers_in

# One interpreter imports once and forks, so that the processes really run at the same time.
AT_ONCE = """
import os, sys
from typer.testing import CliRunner
from changecast_cli.customers.command import app
children = []
for number in range(1, 21):
    child = os.fork()
    if not child:
        ended = CliRunner().invoke(app, [
            "add", f"c{number:02}", "--account", f"7000000000{number:02}", "--region",
            "eu-central-1", "--name", f"Customer {number}", "--sender", f"it@c{number:02}.example",
            "--timezone", "UTC", "--hub-account", "111111111111"])
        sys.stderr.write(ended.output if ended.exit_code else "")
        os._exit(ended.exit_code)
    children.append(child)
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""


def test_twenty_who_add_a_customer_at_once_get_twenty_customers(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", AT_ONCE], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    text = (tmp_path / "samconfig.toml").read_text("utf-8")
    assert set(customers_in(text)) == {f"c{number:02}" for number in range(1, 21)}
    assert set(accounts_in(text)) == {f"7000000000{number:02}" for number in range(1, 21)}
    assert [each.name for each in tmp_path.iterdir()] == ["samconfig.toml"]
