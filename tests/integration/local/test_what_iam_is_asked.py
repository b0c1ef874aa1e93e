"""The embedded cloud asks IAM for the action and resource of AWS's own tables, call by call.

No request is sent: botocore writes it, and the embedded cloud reads it.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from changecast_local import bridge
from tests.integration.local.stage import REGION

ACCOUNT = "111111111111"
EVENTS, LAMBDA = f"arn:aws:events:{REGION}:{ACCOUNT}:", f"arn:aws:lambda:{REGION}:{ACCOUNT}:"
ALARMS, SES = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:", f"arn:aws:ses:{REGION}:{ACCOUNT}:"
ARCHIVE = f"{EVENTS}archive/changecast-announcements"
SENDS = f"arn:aws:iam::{ACCOUNT}:role/changecast-SendMailRole-1"
UUID = "12345678-1234-1234-1234-123456789012"
CALLS: tuple[tuple[str, str, dict[str, Any], str, str], ...] = (
    ("cloudwatch", "describe_alarms", {"AlarmNames": ["changecast-hub-a", "changecast-hub-b"]},
     "cloudwatch:DescribeAlarms", f"{ALARMS}changecast-hub-*"),
    ("cloudwatch", "enable_alarm_actions", {"AlarmNames": ["a"]},
     "cloudwatch:EnableAlarmActions", f"{ALARMS}a"),
    ("cloudwatch", "set_alarm_state", {"AlarmName": "a", "StateValue": "OK", "StateReason": "x"},
     "cloudwatch:SetAlarmState", f"{ALARMS}a"),
    ("events", "describe_event_bus", {"Name": "changecast"},
     "events:DescribeEventBus", f"{EVENTS}event-bus/changecast"),
    ("events", "describe_archive", {"ArchiveName": "changecast-announcements"},
     "events:DescribeArchive", ARCHIVE),
    ("events", "describe_replay", {"ReplayName": "r"}, "events:DescribeReplay",
     f"{EVENTS}replay/r"),
    ("events", "start_replay",
     {"ReplayName": "r", "EventSourceArn": ARCHIVE, "EventStartTime": 0, "EventEndTime": 1,
      "Destination": {"Arn": f"{EVENTS}event-bus/changecast-hub"}},
     "events:StartReplay", f"{EVENTS}replay/r"),
    ("events", "list_targets_by_rule", {"Rule": "r", "EventBusName": "changecast-hub"},
     "events:ListTargetsByRule", f"{EVENTS}rule/changecast-hub/r"),
    ("events", "list_targets_by_rule", {"Rule": "r", "EventBusName": "default"},
     "events:ListTargetsByRule", f"{EVENTS}rule/r"),
    ("events", "describe_rule", {"Name": "r"}, "events:DescribeRule", f"{EVENTS}rule/r"),
    ("events", "describe_rule", {"Name": "r", "EventBusName": "changecast"},
     "events:DescribeRule", f"{EVENTS}rule/changecast/r"),
    ("lambda", "get_function_concurrency", {"FunctionName": "f"},
     "lambda:GetFunctionConcurrency", f"{LAMBDA}function:f"),
    ("lambda", "delete_function_concurrency", {"FunctionName": "f"},
     "lambda:DeleteFunctionConcurrency", f"{LAMBDA}function:f"),
    ("lambda", "put_function_concurrency",
     {"FunctionName": "f", "ReservedConcurrentExecutions": 1},
     "lambda:PutFunctionConcurrency", f"{LAMBDA}function:f"),
    ("lambda", "update_event_source_mapping", {"UUID": UUID, "Enabled": True},
     "lambda:UpdateEventSourceMapping", f"{LAMBDA}event-source-mapping:{UUID}"),
    ("lambda", "get_account_settings", {}, "lambda:GetAccountSettings", "*"),
    ("iam", "simulate_principal_policy",
     {"PolicySourceArn": SENDS, "ActionNames": ["ses:SendEmail"]},
     "iam:SimulatePrincipalPolicy", SENDS),
    ("sqs", "start_message_move_task", {"SourceArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"},
     "sqs:StartMessageMoveTask", f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"),
    ("ssm", "get_parameters", {"Names": ["/changecast/customers/a", "/changecast/customers/b"]},
     "ssm:GetParameters", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/changecast/customers/*"),
    ("sesv2", "get_import_job", {"JobId": "1"}, "ses:GetImportJob", f"{SES}import-job/1"),
    ("sesv2", "list_contacts", {"ContactListName": "changecast"},
     "ses:ListContacts", f"{SES}contact-list/changecast"),
    ("service-quotas", "get_service_quota", {"ServiceCode": "events", "QuotaCode": "L-1"},
     "servicequotas:GetServiceQuota", "*"),
)  # fmt: skip


class Written(Exception):
    """Return the action and resource that IAM is asked about for a request."""


def read(request: Any, **_: Any) -> None:
    from ministack.core import iam_actions, router  # noqa: PLC0415 - the bridge loads it

    address = urlsplit(request.url)
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    given = parse_qs(address.query)
    if "x-www-form" in headers.get("content-type", ""):
        given |= parse_qs(body.decode())
    service = router.detect_service(request.method, address.path, headers, given)
    asked = (service, request.method, address.path, headers, body, given)
    action = iam_actions.extract_iam_action(*asked)
    raise Written(action, iam_actions.extract_resource_arn(*asked, REGION, ACCOUNT))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    bridge.install()
    made = boto3.Session(ACCOUNT, "secret", region_name=REGION)
    made.events.register("before-send.*", read)
    return made


@pytest.mark.parametrize(
    ("service", "call", "arguments", "action", "resource"),
    CALLS,
    ids=[f"{service}-{call}" for service, call, *_ in CALLS],
)
def test_iam_is_asked_as_in_aws(
    session: boto3.Session,
    service: str,
    call: str,
    arguments: dict[str, Any],
    action: str,
    resource: str,
) -> None:
    client: Any = session.client(service, endpoint_url="http://127.0.0.1:4566")  # type: ignore[call-overload]
    with pytest.raises(Written) as written:
        getattr(client, call)(**arguments)
    assert written.value.args == (action, resource)
