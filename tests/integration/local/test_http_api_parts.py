"""HTTP APIs without a cloud around them: the effect of a Body, a stage's limits and its log."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from changecast_local import bridge
from testbed.expand import read

ACCOUNT, REGION = "500000000001", "eu-central-1"
URI = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/arn:one/invocations"
OPERATION = {
    "x-amazon-apigateway-integration": {
        "type": "aws_proxy",
        "uri": URI,
        "payloadFormatVersion": "2.0",
    }
}
BODY = {
    "openapi": "3.0.1",
    "info": {"title": "answers", "version": "1.0"},
    "paths": {"$default": {"x-amazon-apigateway-any-method": OPERATION}},
}
STAGE = {
    "StageName": "$default",
    "AccessLogSettings": {
        "DestinationArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:access:*",
        "Format": '{"method":"$context.httpMethod","status":"$context.status","x":"$context.none"}',
    },
    "DefaultRouteSettings": {"ThrottlingBurstLimit": 3, "ThrottlingRateLimit": 0.001},
}


class Api:
    """An API of one account, with what its function was asked."""

    def __init__(self, api_id: str, endpoint: str) -> None:
        self.id, self.endpoint = api_id, endpoint
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def call(self, method: str = "GET", path: str = "/c/secret") -> int:
        """Send a request as anybody can, outside of any account."""
        from ministack.services import apigateway  # noqa: PLC0415 - the bridge loads it

        headers = {"host": self.endpoint.removeprefix("http://")}
        answer = asyncio.run(
            apigateway.handle_execute(self.id, "$default", path, method, headers, b"", {})
        )
        return int(answer[0])

    def flood(self, requests: int) -> list[int]:
        """Send so many requests at once."""
        from ministack.services import apigateway  # noqa: PLC0415

        headers = {"host": self.endpoint.removeprefix("http://")}

        async def all_at_once() -> list[int]:
            ask = apigateway.handle_execute
            asked = [
                ask(self.id, "$default", f"/c/secret{number}", "GET", headers, b"", {})
                for number in range(requests)
            ]
            return [int(answer[0]) for answer in await asyncio.gather(*asked)]

        return asyncio.run(all_at_once())


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    bridge.install()
    from ministack.core.responses import request_scope  # noqa: PLC0415
    from ministack.services import apigateway, cloudwatch_logs  # noqa: PLC0415
    from ministack.services.cloudformation import provisioners  # noqa: PLC0415

    handlers: Any = provisioners._RESOURCE_HANDLERS
    with request_scope(ACCOUNT, REGION):
        create = handlers["AWS::ApiGatewayV2::Api"]["create"]
        api_id, attributes = create("Api", {"Body": BODY}, "one")
        handlers["AWS::ApiGatewayV2::Stage"]["create"]("Stage", STAGE | {"ApiId": api_id}, "one")
        cloudwatch_logs._create_log_group({"logGroupName": "access"})
    made = Api(api_id, attributes["ApiEndpoint"])

    async def function(integration: Any, _api: str, _stage: str, path: str, method: str,
                       headers: dict[str, str], *_: Any, **__: Any) -> Any:  # fmt: skip
        made.asked.append((integration["integrationUri"], f"{method} {path}", headers))
        return 203, {}, b"done"

    monkeypatch.setattr(apigateway, "_invoke_lambda_proxy", function)
    yield made
    with request_scope(ACCOUNT, REGION):
        handlers["AWS::ApiGatewayV2::Api"]["delete"](api_id, {})
        cloudwatch_logs._delete_log_group({"logGroupName": "access"})


def lines() -> list[dict[str, str]]:
    from ministack.core.responses import request_scope  # noqa: PLC0415
    from ministack.services import cloudwatch_logs  # noqa: PLC0415

    with request_scope(ACCOUNT, REGION):
        stream = cloudwatch_logs._log_groups["access"]["streams"]["access"]
        return [json.loads(event["message"]) for event in stream["events"]]


def test_the_default_route_of_a_body_takes_every_request(api: Api) -> None:
    assert [api.call("GET"), api.call("POST", "/x")] == [203, 203]
    assert [(uri, what) for uri, what, _ in api.asked] == [
        (URI, "GET /c/secret"),
        (URI, "POST /x"),
    ]
    assert api.asked[0][2]["x-forwarded-proto"] == "http"


def test_an_api_is_where_browsers_look_on_their_own_machine(api: Api) -> None:
    from ministack import app  # noqa: PLC0415

    assert api.endpoint.startswith(f"http://{api.id}.execute-api.localhost:")
    host = api.endpoint.removeprefix("http://")
    assert app._EXECUTE_API_RE.match(host)
    assert not app._EXECUTE_API_RE.match(host.replace("localhost", "somewhere.example"))


def test_the_api_tells_a_stages_limits_by_its_own_names(api: Api) -> None:
    from ministack.core.responses import request_scope  # noqa: PLC0415
    from ministack.services import apigateway  # noqa: PLC0415

    with request_scope(ACCOUNT, REGION):
        told = json.loads(apigateway._get_stage(api.id, "$default")[2])
    assert told["defaultRouteSettings"] == {
        "throttlingBurstLimit": 3, "throttlingRateLimit": 0.001,
    }  # fmt: skip


def test_a_stage_throttles_beyond_its_burst(api: Api) -> None:
    assert [api.call() for _ in range(5)] == [203, 203, 203, 429, 429]
    assert len(api.asked) == 3


def test_of_ten_thousand_requests_at_once_the_function_sees_what_the_template_allows(
    api: Api,
) -> None:
    """The template's own limits; a token is worth a request, and a second's rate refills them."""
    from ministack.core.responses import request_scope  # noqa: PLC0415
    from ministack.services import apigateway  # noqa: PLC0415

    limits = read("template.yaml")["Resources"]["ResponsesApi"]["Properties"][
        "DefaultRouteSettings"
    ]
    burst, rate = limits["ThrottlingBurstLimit"], limits["ThrottlingRateLimit"]
    assert 0 < rate <= burst <= 100
    with request_scope(ACCOUNT, REGION):
        stage = apigateway._stages[api.id]["$default"]
        stage["defaultRouteSettings"] = {
            "throttlingBurstLimit": burst, "throttlingRateLimit": rate,
        }  # fmt: skip
    began = time.monotonic()

    statuses = Counter(api.flood(10_000))

    allowed = burst + rate * (time.monotonic() - began)
    assert set(statuses) == {203, 429}
    assert statuses.total() == 10_000
    assert burst <= len(api.asked) == statuses[203] <= allowed + 1
    assert Counter(line["status"] for line in lines()) == {
        str(status): count for status, count in statuses.items()
    }
    assert "secret" not in str(lines())
    time.sleep(2 / rate)
    assert api.call() == 203, "who comes after the flood is served"


def test_a_log_has_what_its_format_says_and_no_path(api: Api) -> None:
    for _ in range(4):
        api.call()
    assert lines() == [{"method": "GET", "status": "203", "x": "-"}] * 3 + [
        {"method": "GET", "status": "429", "x": "-"}
    ]
    assert "secret" not in str(lines())
