"""Common configuration of our AWS clients, and a cheaper way to write their requests."""

import base64
import json
from typing import Any, TypeVar
from uuid import uuid4

from botocore.config import Config

# Without a fixed user agent, botocore composes one for every request from a dozen parts, which is a
# tenth of a call's CPU time. CloudTrail shows the user agent.
USER_AGENT = "changecast"
PATIENT = Config(connect_timeout=2, read_timeout=5, user_agent=USER_AGENT)
# For requests that each have a turn: a refused one must wait for another turn.
ONE_TRY = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=3,
    read_timeout=10,
    user_agent=USER_AGENT,
)

_NESTED = "changecast_nested"
_Client = TypeVar("_Client")


def light(client: _Client) -> _Client:
    """Let a client of a JSON service write the nested values of its requests with Python's JSON.

    botocore visits each of them with the service's model in hand, which takes longer than the rest
    of a transaction's request. The result is the values themselves, with bytes in base64. So
    botocore gets empty ones, and its JSON gets the values before it is signed. This suits clients
    without botocore's parameter check, operations whose nested values all belong to the body, and
    tables that are named without an ARN.
    """
    events: Any = client.meta.events  # type: ignore[attr-defined]
    events.register("provide-client-params", _set_aside)
    events.register("before-call", _fill_in)
    return client


def _set_aside(params: dict[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return the parameters with empty nested values, and keep these in the request's context."""
    nested = {name: value for name, value in params.items() if isinstance(value, dict | list)}
    context[_NESTED] = nested
    return params | {name: type(value)() for name, value in nested.items()}


def _fill_in(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Put the nested values into the body that botocore wrote.

    Base64 has nothing that JSON must escape, so bytes get there around Python's JSON, which would
    look at each character of a mail.
    """
    found: list[bytes] = []

    def put_off(value: bytes) -> str:
        found.append(base64.b64encode(value))
        return _BYTES

    body = json.loads(params["body"]) | context[_NESTED]
    written = json.dumps(body, default=put_off).encode()
    for value in found:
        written = written.replace(_BYTES.encode(), value, 1)
    params["body"] = written


# Stands for bytes in a body; nobody outside of this process knows it.
_BYTES = uuid4().hex
