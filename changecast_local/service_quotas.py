"""The Service Quotas API, as far as the doctor needs it: the number of rules on a bus.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
"""

import json
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import error_response_json, get_account_id, json_response

from changecast_local import faults

PREFIX = "ServiceQuotasV20190624"
OPERATIONS = ("GetServiceQuota", "GetAWSDefaultServiceQuota")
RULES = ("events", "L-244521F2")
DEFAULT_RULES = 300


def install() -> None:
    """Serve Service Quotas, and let IAM know its actions."""
    router.SERVICE_PATTERNS["servicequotas"] = {"target_prefixes": [PREFIX]}
    app.SERVICE_HANDLERS["servicequotas"] = handle
    iam_actions.SERVICE_TO_IAM_NAMESPACE["servicequotas"] = "servicequotas"
    iam_actions._BOTOCORE_SERVICE_MAP["servicequotas"] = ["service-quotas"]


async def handle(_method: str, _path: str, headers: Any, body: bytes, _params: Any) -> Any:
    """Answer one request of the current account."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    asked = json.loads(body or b"{}")
    if operation not in OPERATIONS:
        return error_response_json(
            "UnknownOperationException", f"the embedded cloud does not serve {operation}", 400
        )
    if (asked.get("ServiceCode"), asked.get("QuotaCode")) != RULES:
        return error_response_json("NoSuchResourceException", "The quota does not exist.", 400)
    own = faults.limit(get_account_id(), "rules_per_bus", DEFAULT_RULES)
    value = own if operation == "GetServiceQuota" else DEFAULT_RULES
    service, code = RULES
    quota = {"ServiceCode": service, "QuotaCode": code, "QuotaName": "Number of rules",
             "Value": float(value), "Adjustable": True}  # fmt: skip
    return json_response({"Quota": quota})
