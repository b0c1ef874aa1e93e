"""HTTP APIs as CloudFormation makes them of a Body: routes, throttled stages, access logs."""

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.integration.local import stage
from tests.integration.local.test_stack_types import deploy

ECHO = """
import json
def handler(event, context):
    kept = ("rawPath", "body", "isBase64Encoded", "version")
    said = {name: event.get(name) for name in kept}
    said["headers"] = event["headers"]
    said["method"] = event["requestContext"]["http"]["method"]
    return {"statusCode": 203, "headers": {"x-ours": "yes"}, "body": json.dumps(said)}
"""
FORMAT = '{"method":"$context.httpMethod","status":"$context.status","error":"$context.none"}'


def resources(function: str, burst: int) -> dict[str, Any]:
    uri = (
        f"arn:aws:apigateway:{stage.REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    )
    integration = {"type": "aws_proxy", "uri": uri, "payloadFormatVersion": "2.0"}
    operation = {"x-amazon-apigateway-integration": integration, "isDefaultRoute": True}
    body = {
        "openapi": "3.0.1",
        "info": {"title": "answers", "version": "1.0"},
        "paths": {"$default": {"x-amazon-apigateway-any-method": operation}},
    }
    logs = {"Fn::GetAtt": ["Logs", "Arn"]}
    return {
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "access"}},
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": body}},
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "StageName": "$default",
                "AutoDeploy": True,
                "AccessLogSettings": {"DestinationArn": logs, "Format": FORMAT},
                "DefaultRouteSettings": {
                    "ThrottlingBurstLimit": burst,
                    "ThrottlingRateLimit": 0.001,
                },
            },
        },
    }


@pytest.fixture
def here(account: Callable[[], stage.Account]) -> stage.Account:
    return account()


@pytest.fixture
def call(here: stage.Account) -> Callable[..., tuple[int, Any, dict[str, str]]]:
    arn = stage.make_function(here, "echo", ECHO, stage.make_role(here, "echo"))
    made = resources(arn, burst=5)
    endpoint = {"Fn::GetAtt": ["Api", "ApiEndpoint"]}
    assert deploy(here, made, Endpoint=endpoint) == "CREATE_COMPLETE"
    (found,) = here.client("cloudformation").describe_stacks()["Stacks"]
    where = urlsplit(found["Outputs"][0]["OutputValue"])

    def called(method: str, path: str, **more: Any) -> tuple[int, Any, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=60)
        headers = {"Host": where.netloc, **more.pop("headers", {})}
        connection.request(method, path, headers=headers, **more)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        said = json.loads(body) if body else None
        return answer.status, said, {name.lower(): value for name, value in answer.getheaders()}

    return called


def test_the_default_route_of_a_body_takes_every_request(
    call: Callable[..., tuple[int, Any, dict[str, str]]],
) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    status, said, headers = call("POST", "/c/a-token", body=b"a=1", headers=form)
    assert (status, headers.get("x-ours")) == (203, "yes"), said
    assert (said["rawPath"], said["method"], said["version"]) == ("/c/a-token", "POST", "2.0")
    assert (said["body"], said["isBase64Encoded"]) == ("YT0x", True)
    assert said["headers"]["x-forwarded-proto"] == "http"


def test_a_stage_throttles_and_logs_what_its_format_says(
    here: stage.Account, call: Callable[..., tuple[int, Any, dict[str, str]]]
) -> None:
    statuses = [call("GET", "/c/secret")[0] for _ in range(8)]
    assert statuses == [203] * 5 + [429] * 3
    events = here.client("logs").filter_log_events(logGroupName="access")["events"]
    lines = [json.loads(event["message"]) for event in events]
    assert sorted(line["status"] for line in lines) == ["203"] * 5 + ["429"] * 3
    assert lines[0] == {"method": "GET", "status": "203", "error": "-"}
    assert "secret" not in str(events)
