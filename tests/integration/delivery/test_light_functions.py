"""The functions that run for every mail load little: their cold start is the client library's."""

import subprocess
import sys
from pathlib import Path

import pytest

from testbed.doubles.account import ANSWERING, ENVIRONMENT

ROOT = Path(__file__).parents[3]
HEAVY = {"pydantic", "jinja2", "icalendar", "babel", "jsonschema", "email_validator"}
LOOK = "import sys, {module}; print(*sys.modules)"
EVENTS = {"change_announced", "delivery_reported", "response_events", "freeze"}


@pytest.mark.parametrize("module", ["send_mail", "record_outcome", "sweep"])
def test_it_loads_no_models_templates_or_calendars(module: str) -> None:
    loaded = {name.partition(".")[0] for name in _modules_of(module)}
    assert "changecast" in loaded
    assert HEAVY & loaded == set()


@pytest.mark.parametrize(
    ("module", "needed"), [("respond", set()), ("plan_delivery", {"change_announced"})]
)
def test_it_builds_only_the_models_of_events_that_it_reads(module: str, needed: set[str]) -> None:
    loaded = {name.removeprefix("changecast.contract.") for name in _modules_of(module)}
    assert "response" in loaded or "change" in loaded
    assert EVENTS & loaded == needed


def test_a_hub_of_another_region_is_spoken_to_there() -> None:
    code = "import report_delivery as it; print(it.reporter.events.meta.region_name)"
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=ENVIRONMENT | {"PYTHONPATH": str(ROOT / "functions"),
                           "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert told == [ENVIRONMENT["HUB_BUS_ARN"].split(":")[3]]


def _modules_of(module: str) -> list[str]:
    return subprocess.run(
        [sys.executable, "-c", LOOK.format(module=module)],
        env=ENVIRONMENT | ANSWERING | {"PYTHONPATH": str(ROOT / "functions"),
                                       "AWS_REGION": "eu-west-1",
                                       "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
