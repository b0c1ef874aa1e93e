"""What a request is to IAM, action and resource, where ministack takes the API's word for it.

https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from typing import Any

from ministack.core import iam_actions

# Services whose batch calls need the action of the single call: there is no sqs:SendMessageBatch.
BATCHES = frozenset({"sqs", "sns"})
# Calls that name their rule as `Rule`, not as `Name`.
OF_A_RULE = frozenset({"ListTargetsByRule", "PutTargets", "RemoveTargets"})


def install() -> None:
    """Put ours in place."""
    action_of, resource_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def action(
        service: str, method: str, path: str, headers: Any, body: bytes, params: Any
    ) -> str | None:
        named: str | None = action_of(service, method, path, headers, body, params)
        return named.removesuffix("Batch") if named and service in BATCHES else named

    def resource(
        service: str, method: str, path: str, headers: Any, body: bytes, params: Any,
        region: str, account: str,
    ) -> str:  # fmt: skip
        operation = iam_actions._action_from_target(headers)
        if (service, operation) == ("ssm", "GetParametersByPath"):
            below = iam_actions._safe_json_field(body, "Path")
            return f"arn:aws:ssm:{region}:{account}:parameter{below}"
        if (service, operation) == ("ssm", "GetParameters"):
            names = iam_actions._safe_json_field(body, "Names")
            if isinstance(names, list) and len(names) == 1:  # of several we cannot ask at once
                return f"arn:aws:ssm:{region}:{account}:parameter{names[0]}"
        if service == "events" and operation in OF_A_RULE:
            bus = iam_actions._safe_json_field(body, "EventBusName") or "default"
            rule = iam_actions._safe_json_field(body, "Rule")
            return f"arn:aws:events:{region}:{account}:rule/{bus}/{rule}"
        return str(resource_of(service, method, path, headers, body, params, region, account))

    iam_actions.extract_iam_action = action
    iam_actions.extract_resource_arn = resource
