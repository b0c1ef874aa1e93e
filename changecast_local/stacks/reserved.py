"""Reserved concurrency: a function's share must leave 100 to all others.

ministack's CloudFormation ignores the property, and its API accepts any number.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from typing import Any

from ministack.core.responses import error_response_json, get_account_id
from ministack.services import lambda_svc

from changecast_local.lambdas import concurrency
from changecast_local.stacks.permissions import Properties

UNRESERVED = 100
FUNCTION, PROPERTY = "AWS::Lambda::Function", "ReservedConcurrentExecutions"


def install() -> None:
    """Refuse PutFunctionConcurrency if AWS would."""
    put = lambda_svc._put_function_concurrency

    def careful(name: str, data: dict[str, Any]) -> Any:
        try:
            check(name, data.get(PROPERTY))
        except ValueError as error:
            return error_response_json("InvalidParameterValueException", str(error), 400)
        return put(name, data)

    lambda_svc._put_function_concurrency = careful


def check(name: str, requested: Any) -> None:
    """Raise ValueError, in AWS's words, if less than 100 would stay unreserved."""
    if requested is None:
        return
    others = sum(
        int(function.get("concurrency") or 0)
        for each, function in lambda_svc._functions.items()
        if each != name
    )
    if concurrency.limit_of(get_account_id()) - others - int(requested) < UNRESERVED:
        raise ValueError(
            f"Specified {PROPERTY} for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
        )


def keep(kind: str, name: str, properties: Properties) -> None:
    """Give a function of a stack what its property says, or nothing if it has none."""
    if kind == FUNCTION:
        requested = properties.get(PROPERTY)
        lambda_svc._functions[name]["concurrency"] = None if requested is None else int(requested)
