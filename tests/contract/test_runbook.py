"""Every alert has its page, and what the pages say to type exists."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from changecast.hub.tracking.alerts import page
from changecast.hub.tracking.findings import Cause
from changecast_cli.main import app
from testbed.expand import ROOT, TEMPLATES, expanded

RUNBOOK = ROOT / "docs" / "runbook"
PAGES = sorted(RUNBOOK.glob("*.md"))
VERBS = set(get_command(app).commands)  # type: ignore[attr-defined]
TYPED = re.compile(r"changecast ([a-z]+)(?: |`|$)", re.MULTILINE)


def _resources(kind: str) -> Iterator[Any]:
    for path in TEMPLATES:
        for name, resource in expanded(path)["Resources"].items():
            if resource["Type"] == kind:
                yield pytest.param(path, resource["Properties"], id=f"{path}:{name}")


@pytest.mark.parametrize("cause", Cause)
def test_a_cause_has_its_page(cause: Cause) -> None:
    assert (ROOT / page(cause)).read_text("utf-8").startswith(f"# {cause}: ")


@pytest.mark.parametrize(("path", "alarm"), [*_resources("AWS::CloudWatch::Alarm")])
def test_an_alarm_names_its_page_and_tells_people(path: str, alarm: dict[str, Any]) -> None:
    described = str(alarm["AlarmDescription"])
    (named,) = re.findall(r"docs/runbook/[a-z-]+\.md", described)
    assert (ROOT / named).is_file()
    assert alarm["AlarmActions"] == alarm["OKActions"]
    assert alarm["AlarmActions"]


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_a_page_names_verbs_and_pages_that_exist(file: Path) -> None:
    text = file.read_text("utf-8")
    assert set(TYPED.findall(text)) <= VERBS
    for linked in re.findall(r"\]\(([a-z-]+\.md)\)", text):
        assert (RUNBOOK / linked).is_file()


def test_the_list_of_pages_is_whole() -> None:
    listed = set(re.findall(r"\]\(([a-z-]+\.md)\)", (RUNBOOK / "README.md").read_text("utf-8")))
    assert listed == {file.name for file in PAGES} - {"README.md"}


@pytest.mark.parametrize(("path", "dashboard"), [*_resources("AWS::CloudWatch::Dashboard")])
def test_a_dashboard_is_json_whose_widgets_do_not_overlap(
    path: str, dashboard: dict[str, Any]
) -> None:
    body = _resolved(path, dashboard["DashboardBody"])
    squares = [
        (x, y)
        for widget in json.loads(body)["widgets"]
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(squares) == len(set(squares))
    assert max(x for x, _ in squares) < 24


def _resolved(path: str, body: Any) -> str:
    own = {"CustomerCode": "acme", "ReportDeadlineMinutes": "15", "AWS::Region": "eu-central-1"}
    text, names = body["Fn::Sub"]
    values = own | dict.fromkeys(names, "a-queue")
    return re.sub(r"\$\{([^}]+)\}", lambda found: values[found[1]], text)
