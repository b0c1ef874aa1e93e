"""ministack's private names that we patch or call; all must exist at the start."""

import importlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version

PINNED = "1.5.33"

PRIVATE_NAMES: Mapping[str, Sequence[str]] = {
    "ministack.app": (
        "AUTH",
        "SERVICE_HANDLERS",
        "_EXECUTE_API_RE",
        "_MAIN_LOOP",
        "app",
    ),
    "ministack.core.iam_actions": (
        "SERVICE_TO_IAM_NAMESPACE",
        "_BOTOCORE_SERVICE_MAP",
        "_query_param",
        "_safe_json_field",
        "access_denied_response",
        "extract_iam_action",
        "extract_resource_arn",
        "request_tag_context",
    ),
    "ministack.core.iam_evaluator": (
        "EvalContext",
        "_action_matches",
        "_first_match",
        "_principal_keys",
        "evaluate_trust_policy",
        "_gather_role_policies",
        "_gather_user_policies",
        "_resolve_condition_key",
        "_trust_principal_matches",
        "caller_arn",
        "enforce",
        "evaluate",
        "evaluate_resource_policy",
    ),
    "ministack.core.concurrency": ("esm_wake",),
    "ministack.core.lambda_runtime": ("execution_credentials",),
    "ministack.core.responses": (
        "AccountRegionScopedDict",
        "error_response_json",
        "get_account_id",
        "get_region",
        "json_response",
        "request_scope",
    ),
    "ministack.core.router": ("SERVICE_PATTERNS", "extract_access_key_id"),
    "ministack.services.apigateway": (
        "_apis",
        "_create_integration",
        "_create_route",
        "_integrations",
        "_routes",
        "_stages",
        "find_api_scope",
        "handle_execute",
    ),
    "ministack.services.cloudformation": ("_ACTION_HANDLERS", "_stacks"),
    "ministack.services.cloudformation.changesets": ("_find_change_set",),
    "ministack.services.cloudformation.drift": (
        "_DRIFT_READERS",
        "_json_or",
        "_read_iam_role",
        "detect_resource_drift",
        "supports_drift",
    ),
    "ministack.services.cloudformation.helpers": ("_error", "_p", "_resolve_template"),
    "ministack.services.cloudformation.provisioners": (
        "_RESOURCE_HANDLERS",
        "_physical_name",
        "_replacing_change",
    ),
    "ministack.services.cloudformation.stacks": (
        "_delete_resource",
        "_provision_resource",
        "_update_resource",
    ),
    "ministack.services.cloudwatch": ("_alarms", "_dashboards"),
    "ministack.services.cloudwatch_logs": (
        "_create_log_stream",
        "_log_groups",
        "_put_log_events",
    ),
    "ministack.services.dynamodb": ("_tables",),
    "ministack.services.eventbridge": (
        "_apply_input_transformer",
        "_archive_event",
        "_archives",
        "_create_archive",
        "_delete_archive",
        "_dispatch_event",
        "_ensure_default_bus",
        "_event_bus_policies",
        "_event_buses",
        "_invoke_target",
        "_pattern_event_view",
        "_put_events",
        "_put_permission",
        "_remove_permission",
        "_replays",
        "_rule_key",
        "_rules",
        "_targets",
        "_update_archive",
        "handle_request",
        "start_scheduler",
    ),
    "ministack.services.iam": (
        "_build_simulate_results_real",
        "_extract_simulate_params",
        "_p",
        "_roles",
    ),
    "ministack.services.lambda_svc": (
        "_acquire_execution_slot",
        "_esms",
        "_get_account_settings",
        "_inflight",
        "_run_sqs_batch",
        "_execute_function_warm",
        "_functions",
        "_get_func_record_for_ref",
        "_put_function_concurrency",
        "function_policy_for_arn",
        "invoke_async_with_retry",
        "_execution_record_for_config",
    ),
    "ministack.services.s3": ("_buckets", "_fire_s3_event"),
    "ministack.services.scheduler": ("start_scheduler",),
    "ministack.services.sns": (
        "_fanout",
        "_matches_filter_policy",
        "_topic_by_arn_any_scope",
        "_topics",
    ),
    "ministack.services.ssm": ("_parameters",),
    "ministack.services.sts": (
        "_principal_keys",
        "_sessions",
        "handle_request",
        "register_session",
    ),
    "ministack.services.sqs": (
        "DEFAULT_HOST",
        "DEFAULT_PORT",
        "_CANONICAL_NETLOC",
        "_Err",
        "_HANDLERS",
        "_HOST_EXPLICIT",
        "_build_send_sys_attrs",
        "_ensure_msg_fields",
        "_md5_msg_attrs",
        "_queue_by_arn",
        "_queues",
        "handle_request",
        "queue_delay",
        "queue_policy_for_arn",
    ),
}


class WrongMinistack(RuntimeError):
    """The installed ministack is not the version that the embedded cloud needs."""


def check(names: Mapping[str, Sequence[str]] = PRIVATE_NAMES, pinned: str = PINNED) -> None:
    """Raise WrongMinistack with every missing name."""
    installed = version("ministack")
    missing = [
        f"{module}.{name}"
        for module, requested in names.items()
        for name in requested
        if not hasattr(importlib.import_module(module), name)
    ]
    if installed != pinned or missing:
        lacks = f"; it lacks {', '.join(missing)}" if missing else ""
        raise WrongMinistack(
            f"the embedded cloud needs ministack {pinned}, found {installed}{lacks}. "
            "Install what requirements/dev.txt pins, or adapt changecast_local to the new version."
        )
