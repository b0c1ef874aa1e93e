"""Run in the linters' own environment: parliament and policyuniverse over policies on stdin.

in: {"identity": {label: policy}, "resource": {label: policy}}; out: the findings, a line each.
"""

import json
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")  # parliament uses pkg_resources

import parliament  # type: ignore[import-not-found] # noqa: E402
from policyuniverse.policy import Policy  # type: ignore[import-not-found] # noqa: E402

# Findings that are no faults here, as (policy, issue, part of the detail), and why.
EXCUSED = {
    # The ids of import jobs are not known beforehand: `*` and `import-job/*` are the same jobs.
    ("ContactsManagerRole", "RESOURCE_STAR", "ses:GetImportJob"),
}


def main() -> None:
    """Print every finding as `label: what`."""
    asked = json.load(sys.stdin)
    for label, policy in asked["identity"].items():
        for finding in parliament.analyze_policy_string(json.dumps(policy)).findings:
            if not _excused(label, finding):
                print(f"{label}: {finding.issue} {finding.detail}")
    for label, policy in asked["resource"].items():
        if _open(policy):
            print(f"{label}: INTERNET_ACCESSIBLE")


def _excused(label: str, finding: Any) -> bool:
    return any(
        policy in label and finding.issue == issue and str(finding.detail) == f"['{action}']"
        for policy, issue, action in EXCUSED
    )


def _open(policy: dict[str, Any]) -> bool:
    return bool(Policy(policy).is_internet_accessible())


if __name__ == "__main__":
    main()
