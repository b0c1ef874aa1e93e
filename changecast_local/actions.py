"""IAM action and resource of requests for which ministack only knows the API's name.

https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from os import path as paths
from typing import Any

from ministack.core import iam_actions
from ministack.services import lambda_svc

# Services whose batch calls need the action of the single call: there is no sqs:SendMessageBatch.
BATCHES = frozenset({"sqs", "sns"})
FUNCTION_KEY = "lambda:functionarn"
_CONCURRENCY = {
    "GET": "lambda:GetFunctionConcurrency",
    "DELETE": "lambda:DeleteFunctionConcurrency",
}
_EVENT_SOURCES = {
    "DELETE": "lambda:DeleteEventSourceMapping",
    "GET": "lambda:GetEventSourceMapping",
    "PUT": "lambda:UpdateEventSourceMapping",
}
Read = Callable[[str], Any]
# The ARN of the function whose event source a request is about.
_function: ContextVar[str] = ContextVar("function", default="")


def _archive(read: Read) -> str:
    return f"archive/{read('ArchiveName')}"


def _rule(read: Read) -> str:
    """Return the rule of calls that name it as `Rule`, not as `Name`."""
    bus = read("EventBusName")
    return f"rule/{bus}/{read('Rule')}" if bus and bus != "default" else f"rule/{read('Rule')}"


def _below(read: Read) -> str:
    return f"parameter{read('Path')}"


def _parameters(read: Read) -> str:
    return f"parameter{_all_of(read('Names') or [''])}"


def _alarms(read: Read) -> str:
    return f"alarm:{_all_of(read('AlarmNames') or ['*'])}"


def _source_queue(read: Read) -> str:
    return str(read("SourceArn")).rpartition(":")[2]


def _all_of(names: list[str]) -> str:
    """Return one name for several, because we can check only one."""
    return names[0] if len(set(names)) == 1 else f"{paths.commonprefix(names)}*"  # noqa: RUF071 - they are no paths


# (service, operation) -> the resource behind `arn:aws:SERVICE:REGION:ACCOUNT:`.
RESOURCES: Mapping[tuple[str, str], Callable[[Read], str]] = {
    ("events", "DeleteArchive"): _archive,
    ("events", "DescribeArchive"): _archive,
    ("events", "UpdateArchive"): _archive,
    ("events", "ListTargetsByRule"): _rule,
    ("events", "PutTargets"): _rule,
    ("events", "RemoveTargets"): _rule,
    ("events", "DescribeEventBus"): lambda read: f"event-bus/{read('Name') or 'default'}",
    ("events", "DescribeReplay"): lambda read: f"replay/{read('ReplayName')}",
    # Archive and bus are needed too, but only one ARN can be checked at once.
    ("events", "StartReplay"): lambda read: f"replay/{read('ReplayName')}",
    ("sqs", "StartMessageMoveTask"): _source_queue,
    ("ssm", "GetParametersByPath"): _below,
    ("ssm", "GetParameters"): _parameters,
    ("monitoring", "DescribeAlarms"): _alarms,
    ("monitoring", "EnableAlarmActions"): _alarms,
}


def install() -> None:
    """Install our functions."""
    action_of, resource_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def action(
        service: str, method: str, path: str, headers: Any, body: bytes, params: Any
    ) -> str | None:
        if service == "lambda" and (known := _of_lambda(method, path)):
            return known
        named: str | None = action_of(service, method, path, headers, body, params)
        return named.removesuffix("Batch") if named and service in BATCHES else named

    def resource(
        service: str, method: str, path: str, headers: Any, body: bytes, params: Any,
        region: str, account: str,
    ) -> str:  # fmt: skip
        found = str(resource_of(service, method, path, headers, body, params, region, account))
        _function.set(_of_event_source(found))
        operation = (action(service, method, path, headers, body, params) or "").partition(":")[2]
        if named := RESOURCES.get((service, operation)):
            prefix = iam_actions.SERVICE_TO_IAM_NAMESPACE[service]
            rest = named(lambda field: iam_actions._safe_json_field(body, field))
            return f"arn:aws:{prefix}:{region}:{account}:{rest}"
        if operation == "SimulatePrincipalPolicy":
            return str(iam_actions._query_param(params, "PolicySourceArn"))
        if operation == "GetImportJob":
            return f"arn:aws:ses:{region}:{account}:import-job/{path.rpartition('/')[2]}"
        return found.replace(":rule/default/", ":rule/")  # a rule of the default bus names no bus

    iam_actions.extract_iam_action = action
    iam_actions.extract_resource_arn = resource


def _of_lambda(method: str, path: str) -> str | None:
    if path.endswith("/concurrency"):
        return _CONCURRENCY.get(method)
    if path.endswith("/account-settings"):
        return "lambda:GetAccountSettings"
    if "/event-source-mappings/" in path:
        return _EVENT_SOURCES.get(method)
    return None


def function_keys() -> dict[str, str]:
    """Return the condition key of a request about an event source: its function."""
    return {FUNCTION_KEY: _function.get()} if _function.get() else {}


def _of_event_source(arn: str) -> str:
    """Return the function of an event source's ARN; empty for every other resource."""
    _, found, uuid = arn.partition(":event-source-mapping:")
    source = lambda_svc._esms.get(uuid) if found else None
    return str(source["FunctionArn"]) if source else ""
