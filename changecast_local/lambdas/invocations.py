"""Run one invocation as Lambda does: role, environment, deadline, trace, log."""

import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.lambda_runtime import execution_credentials
from ministack.services import lambda_svc

from changecast_local.lambdas.pool import Pool, PoolClosed
from changecast_local.xray import segments, store

STOPPING = {"errorType": "ServiceException", "errorMessage": "the cloud is stopping"}

Config = Mapping[str, Any]
Result = dict[str, Any]


@dataclass(frozen=True)
class Host:
    """What functions need from the cloud that they run in.

    `variables` are set in every function, for people who try things out on this machine.
    """

    pool: Pool
    endpoint: str
    trace_daemon: Callable[[store.Scope], str]
    variables: Mapping[str, str]


_host: list[Host] = []


def install() -> None:
    """Let functions run in our processes instead of ministack's."""
    lambda_svc._execute_function_warm = execute


def run_on(host: Host | None) -> None:
    """Run invocations on this host from now on; None for no host."""
    _host[:] = [host] if host else []


def execute(function: Mapping[str, Any], event: Any, request_id: str) -> Result:
    """Run one invocation and return ministack's result: `body`, `log`, and `error` if it failed."""
    config, code = function["config"], function["code_zip"]
    if not _host:
        return _failed(STOPPING)
    arn = parse_arn(config["FunctionArn"])
    scope = arn.account_id, arn.region
    with segments.invocation(scope, config, event, request_id) as traced:
        message = {"event": event, "request_id": request_id, "trace_id": traced.header}
        try:
            result = _run(_host[0], config, code, message, scope)
        except PoolClosed:
            return _failed(STOPPING)
        traced.fault = "error" in result
    return result


def _run(
    host: Host, config: Config, code: bytes, message: dict[str, Any], scope: store.Scope
) -> Result:
    environment = _environment(host, config, scope)
    with host.pool.worker(_key(config), code, environment) as worker:
        timeout = config.get("Timeout", 3)
        answer = worker.invoke(
            message | {"deadline": time.time() + timeout, "arn": config["FunctionArn"]}
        )
        log = worker.log()
    error = answer.get("error")
    if error is None:
        return {"body": answer["result"], "log": log}
    if error["errorType"] == "Sandbox.Timedout":
        error = error | {"errorMessage": f"Task timed out after {timeout}.00 seconds"}
    return _failed(error, log)


def _failed(error: Mapping[str, Any], log: str = "") -> Result:
    return {"body": dict(error), "error": True, "log": log or str(error["errorMessage"])}


def _key(config: Config) -> str:
    """Return the key of an invocation's process: the function, its code and its settings."""
    settings = ("FunctionArn", "CodeSha256", "Environment", "Handler", "Role", "LoggingConfig")
    return repr([config.get(name) for name in settings])


def _environment(host: Host, config: Config, scope: store.Scope) -> dict[str, str]:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    variables = (config.get("Environment") or {}).get("Variables") or {}
    logging_config = config.get("LoggingConfig") or {}
    version = ".".join(platform.python_version_tuple()[:2])
    reserved = {
        "AWS_DEFAULT_REGION": scope[1],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{version}",
        "AWS_LAMBDA_FUNCTION_NAME": config["FunctionName"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_LOG_FORMAT": logging_config.get("LogFormat", "Text"),
        "AWS_LAMBDA_LOG_GROUP_NAME": logging_config.get(
            "LogGroup", f"/aws/lambda/{config['FunctionName']}"
        ),
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d')}/[$LATEST]",
        "AWS_REGION": scope[1],
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": host.trace_daemon(scope),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": ":UTC",
        "_HANDLER": config["Handler"],
    }
    # Not Lambda's, but the SDKs' own way to another endpoint: nothing in a function can tell.
    return {
        "AWS_ENDPOINT_URL": host.endpoint,
        **variables,
        **host.variables,
        **reserved,
        **execution_credentials(config),
    }
