"""HTTP APIs: routes from the API's Body, throttled stages, access logs, X-Forwarded headers.

ministack creates the API and the stage, but only stores `Body` and the stage's settings.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ministack import app
from ministack.core.responses import request_scope
from ministack.services import apigateway, cloudwatch_logs
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Answer = tuple[int, dict[str, Any], bytes]
API, STAGE = "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage"
ANY = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
TOO_MANY: Answer = (429, {"Content-Type": "application/json"}, b'{"message":"Too Many Requests"}')
_HOST = re.compile(r"^([a-f0-9]{8})[.]execute-api[.](?:localhost|127[.]0[.]0[.]1)(?::[0-9]+)?$")
_VARIABLE = re.compile(r"\$context\.([A-Za-z.]+)")


@dataclass
class Bucket:
    """A stage's token bucket: a burst size, and a rate per second."""

    burst: float
    rate: float
    tokens: float
    at: float

    def take(self, now: float) -> bool:
        """Take a token if there is one."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


_buckets: dict[tuple[str, str], Bucket] = {}


def install() -> None:
    """Import bodies, and apply the stage's settings to every request."""
    apigateway.find_api_scope = _owner_of
    app._EXECUTE_API_RE = _HOST
    handlers = provisioners._RESOURCE_HANDLERS[API]
    provisioners._RESOURCE_HANDLERS[API] = {
        **handlers,
        "create": _imported(handlers["create"]),
        "update": _imported_again(handlers["update"]),
    }
    handlers = provisioners._RESOURCE_HANDLERS[STAGE]
    provisioners._RESOURCE_HANDLERS[STAGE] = {
        **handlers,
        "create": _limited(handlers["create"], 1),
        "update": _limited(handlers["update"], 2),
    }
    execute = apigateway.handle_execute

    async def handle_execute(
        api_id: str, stage: str, path: str, method: str, headers: Mapping[str, str], *more: Any,
        **named: Any,
    ) -> Answer:  # fmt: skip
        began, scope = time.time(), apigateway.find_api_scope(api_id)
        settings = _settings(scope, api_id, stage)
        if _is_throttled(api_id, stage, settings, began):
            answer = TOO_MANY
        else:
            forwarded = _forwarded(headers)
            answer = await execute(api_id, stage, path, method, forwarded, *more, **named)
        _log(scope, settings, method, answer, began)
        return answer

    apigateway.handle_execute = handle_execute


def _owner_of(api_id: str) -> tuple[str, str] | None:
    """Return an API's account and Region, by its id alone, which is unique."""
    for (account, region, found), _ in apigateway._apis.all_items():
        if found == api_id:
            return account, region
    return None


def _imported(create: Callable[..., Any]) -> Callable[..., Any]:
    def made(logical_id: str, properties: Properties, stack: str) -> Any:
        api_id, attributes = create(logical_id, _with_name(properties), stack)
        _import(api_id, properties)
        return api_id, attributes | {"ApiEndpoint": _endpoint(api_id)}

    return made


def _imported_again(update: Callable[..., Any]) -> Callable[..., Any]:
    def changed(
        physical_id: str, old: Properties, new: Properties, *more: Any, **named: Any
    ) -> Any:
        found = update(physical_id, _with_name(old), _with_name(new), *more, **named)
        _import(found[0], new)
        return found[0], found[1] | {"ApiEndpoint": _endpoint(found[0])}

    return changed


def _limited(handle: Callable[..., Any], at: int) -> Callable[..., Any]:
    """Let a stage's handler store the limits under the API's names, as GetStage returns them."""

    def handled(*given: Any, **named: Any) -> Any:
        properties = {**given[at]}
        limits = properties.get("DefaultRouteSettings") or {}
        own = {name[:1].lower() + name[1:]: value for name, value in limits.items()}
        properties["DefaultRouteSettings"] = own
        return handle(*given[:at], properties, *given[at + 1 :], **named)

    return handled


def _endpoint(api_id: str) -> str:
    """Return an API's endpoint; browsers resolve its name to this machine (RFC 6761 §6.3)."""
    api = apigateway._apis[api_id]
    port = api["apiEndpoint"].rpartition(":")[2]
    api["apiEndpoint"] = f"http://{api_id}.execute-api.localhost:{port}"
    return str(api["apiEndpoint"])


def _with_name(properties: Properties) -> Properties:
    """Return the properties with the body's values for the API itself."""
    body = properties.get("Body") or {}
    return {"Name": body.get("info", {}).get("title"), "ProtocolType": "HTTP", **properties}


def _import(api_id: str, properties: Properties) -> None:
    """Replace routes and integrations with those of the body, if there is one."""
    body = properties.get("Body")
    if not body:
        return
    apigateway._routes[api_id], apigateway._integrations[api_id] = {}, {}
    for key, integration in _routes(body):
        made = json.loads(apigateway._create_integration(api_id, integration)[2])
        target = f"integrations/{made['integrationId']}"
        apigateway._create_route(api_id, {"routeKey": key, "target": target})


def _routes(body: Properties) -> Iterator[tuple[str, Properties]]:
    for path, methods in body.get("paths", {}).items():
        for method, operation in methods.items():
            found = operation[INTEGRATION]
            verb = "ANY" if method == ANY else method.upper()
            yield (
                "$default" if path in {"/$default", "$default"} else f"{verb} {path}",
                {
                    "integrationType": found["type"].upper(),
                    "integrationUri": found["uri"],
                    "payloadFormatVersion": found.get("payloadFormatVersion", "1.0"),
                    "timeoutInMillis": found.get("timeoutInMillis", 30_000),
                },
            )


def _settings(scope: tuple[str, str] | None, api_id: str, stage: str) -> Properties:
    if scope is None:
        return {}
    with request_scope(*scope):
        found: Properties = apigateway._stages.get(api_id, {}).get(stage, {})
        return found


def _is_throttled(api_id: str, stage: str, settings: Properties, now: float) -> bool:
    route = settings.get("defaultRouteSettings") or {}
    if "throttlingRateLimit" not in route:
        return False
    burst, rate = float(route["throttlingBurstLimit"]), float(route["throttlingRateLimit"])
    known = _buckets.get((api_id, stage))
    if known is None or (known.burst, known.rate) != (burst, rate):
        known = _buckets[api_id, stage] = Bucket(burst, rate, burst, now)
    return not known.take(now)


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """Return API Gateway's X-Forwarded headers; here without TLS."""
    port = str(headers.get("host", "")).rpartition(":")[2]
    return {
        **headers,
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-port": port if port.isdigit() else "80",
        "x-forwarded-proto": "http",
    }


def _log(
    scope: tuple[str, str] | None, settings: Properties, method: str, answer: Answer, began: float
) -> None:
    """Write a line to the stage's log group, in its format."""
    log_settings = settings.get("accessLogSettings")
    if not log_settings or scope is None:
        return
    values = {
        "requestId": f"{began:.6f}",
        "requestTimeEpoch": str(int(began * 1_000)),
        "httpMethod": method,
        "status": str(answer[0]),
        "responseLatency": str(int((time.time() - began) * 1_000)),
        "responseLength": str(len(answer[2])),
    }
    line = _VARIABLE.sub(lambda found: values.get(found[1], "-"), log_settings["format"])
    group = log_settings["destinationArn"].split(":log-group:")[1].removesuffix(":*")
    named = {"logGroupName": group, "logStreamName": "access"}
    with request_scope(*scope):
        cloudwatch_logs._create_log_stream(named)
        event = {"timestamp": int(began * 1_000), "message": line}
        cloudwatch_logs._put_log_events(named | {"logEvents": [event]})
