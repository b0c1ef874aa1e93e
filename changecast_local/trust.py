"""Keep roles that trust only a service from people, even administrators.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from typing import Any

from ministack.core import iam_evaluator


def install() -> None:
    """Ignore services among a trust policy's principals, because no HTTP caller is one."""
    matches = iam_evaluator._trust_principal_matches

    def without_services(principal: Any, caller: str, federated: bool) -> bool:
        people = principal
        if isinstance(principal, dict):
            people = {kind: who for kind, who in principal.items() if kind != "Service"}
        return bool(matches(people, caller, federated))

    iam_evaluator._trust_principal_matches = without_services
