"""What of ministack we patch or call that is not public: all of it must be there at start."""

import importlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version

PINNED = "1.5.33"

PRIVATE_NAMES: Mapping[str, Sequence[str]] = {
    "ministack.app": (
        "AUTH",
        "SERVICE_HANDLERS",
        "_MAIN_LOOP",
        "app",
    ),
    "ministack.core.iam_actions": (
        "SERVICE_TO_IAM_NAMESPACE",
        "_BOTOCORE_SERVICE_MAP",
        "_action_from_target",
        "_safe_json_field",
        "access_denied_response",
        "extract_iam_action",
        "extract_resource_arn",
        "request_tag_context",
    ),
    "ministack.core.iam_evaluator": (
        "EvalContext",
        "_first_match",
        "_gather_role_policies",
        "_resolve_condition_key",
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
    "ministack.services.cloudformation.provisioners": ("_RESOURCE_HANDLERS", "_physical_name"),
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
        "_update_archive",
        "handle_request",
        "start_scheduler",
    ),
    "ministack.services.iam": ("_roles",),
    "ministack.services.lambda_svc": (
        "_execute_function_warm",
        "_get_func_record_for_ref",
        "function_policy_for_arn",
        "invoke_async_with_retry",
        "_execution_record_for_config",
    ),
    "ministack.services.s3": ("_fire_s3_event",),
    "ministack.services.scheduler": ("start_scheduler",),
    "ministack.services.sqs": (
        "DEFAULT_HOST",
        "DEFAULT_PORT",
        "_CANONICAL_NETLOC",
        "_HOST_EXPLICIT",
        "_build_send_sys_attrs",
        "_ensure_msg_fields",
        "_md5_msg_attrs",
        "_queue_by_arn",
        "handle_request",
        "queue_delay",
        "queue_policy_for_arn",
    ),
}


class WrongMinistack(RuntimeError):
    """The installed ministack is not the one that the embedded cloud was written against."""


def check(names: Mapping[str, Sequence[str]] = PRIVATE_NAMES, pinned: str = PINNED) -> None:
    """Raise WrongMinistack, naming all that is missing, unless ministack is as we know it."""
    installed = version("ministack")
    missing = [
        f"{module}.{name}"
        for module, wanted in names.items()
        for name in wanted
        if not hasattr(importlib.import_module(module), name)
    ]
    if installed != pinned or missing:
        lacks = f"; it lacks {', '.join(missing)}" if missing else ""
        raise WrongMinistack(
            f"the embedded cloud needs ministack {pinned}, found {installed}{lacks}. "
            "Install what requirements/dev.txt pins, or mend changecast_local for the new version."
        )
