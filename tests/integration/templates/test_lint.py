"""The templates pass cfn-lint after the transform, and the same way finds planted faults."""

from typing import Any

import pytest

from testbed.expand import TEMPLATES, read
from tests.integration.templates.lint import faults

# Each inside a function, where a linter of the unexpanded template sees nothing.
PLANTED: dict[str, dict[str, Any]] = {
    "PlanDeliveryFunction": {"MemorySize": 64},
    "SendMailFunction": {"Timeout": 3600},
    "RecordOutcomeFunction": {"Tracing": "Sometimes"},
    "ReportDeliveryFunction": {"LoggingConfig": {"LogFormat": "YAML"}},
    "SweepFunction": {"Environment": {"Variables": {"LEDGER_TABLE": {"Ref": "Leger"}}}},
}


@pytest.mark.parametrize("path", TEMPLATES)
def test_an_expanded_template_has_no_fault(path: str) -> None:
    assert faults(read(path)) == []


def test_faults_inside_functions_and_policies_are_found() -> None:
    template = read("template.yaml")
    for name, properties in PLANTED.items():
        template["Resources"][name]["Properties"].update(properties)
    policy = template["Resources"]["SweepRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    policy["Statement"][0]["Action"] = "sqs:SendMesage"

    found = "\n".join(faults(template)).lower()

    for named in ("64 is less than", "3600 is greater than", "sometimes", "yaml", "leger"):
        assert named in found
    assert "sendmesage" in found


def test_a_property_that_no_function_has_is_found() -> None:
    template = read("template.yaml")
    template["Resources"]["SendMailFunction"]["Properties"]["Tmeout"] = 60

    assert any("Tmeout" in fault for fault in faults(template))
