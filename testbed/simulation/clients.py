"""Clients that make every call a scheduling point, at which something may go wrong."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from testbed.doubles.answers import refusal
from testbed.simulation.faults import Fault, Planned, Random
from testbed.simulation.hub import Hub

URL = "https://aws.example"
SLOW = {"sesv2": 9.0, "dynamodb": 4.0}


class Gate:
    """The layer between the handlers and the fakes, for one schedule after another."""

    hub: Hub
    faults: Random | Planned
    fakes: dict[str, Any]
    is_paused: Callable[[], bool]
    trace: Callable[[str], None] | None = None

    def client(self, service: str) -> "Client":
        """Return the client that a handler makes in its cold start."""
        return Client(self, service)

    def call(self, service: str, operation: str, request: dict[str, Any]) -> Any:
        """Make one call, which may fail before or after it takes effect."""
        process = self.hub.current
        is_safe = process is None or process.faultless
        fault = Fault.NONE if is_safe else self.faults.at(service, operation)
        if self.trace:
            name = process.name if process else "-"
            self.trace(f"{self.hub.now:.3f} {name} {service}.{operation} {fault.name}")
        slow = SLOW.get(service, 2.0) if fault is Fault.SLOW else 0.0
        self.hub.sleep(self.faults.latency() + slow)
        self._before(fault, operation)
        if operation == "send_email" and self.is_paused():
            raise refusal("SendingPausedException", 400)
        answer = self._through(fault, service, operation, request)
        if fault is Fault.CRASH_AFTER:
            self.hub.die()
        self.hub.sleep(self.faults.latency())
        self._after(fault)
        return answer

    def _before(self, fault: Fault, operation: str) -> None:
        if fault is Fault.CRASH_BEFORE:
            self.hub.die()
        if fault is Fault.NOT_REACHED:
            raise EndpointConnectionError(endpoint_url=URL)
        if fault is Fault.THROTTLED:
            raise refusal("TooManyRequestsException", 429, "Maximum sending rate exceeded.")
        if fault is Fault.BUSY and operation != "transact_write_items":
            raise refusal("ThrottlingException", 400)
        if fault is Fault.BUSY:
            reasons = [{"Code": "TransactionConflict"}]
            raise refusal("TransactionCanceledException", 400, CancellationReasons=reasons)

    def _through(self, fault: Fault, service: str, operation: str, request: Any) -> Any:
        call = getattr(self.fakes[service], operation)
        if fault is Fault.ACCEPTED_LATE:
            self.hub.at(self.hub.now + 30.0, lambda: _alone(call, request))
            self.hub.sleep(10.0)
            raise ReadTimeoutError(endpoint_url=URL)
        if fault is not Fault.REPEATED:
            return call(**request)
        # botocore sends a request again whose answer was lost; a transaction carries a token.
        token = {"ClientRequestToken": "again"} if operation == "transact_write_items" else {}
        self.fakes["dynamodb"].tokens.clear()
        call(**request, **token)
        return call(**request, **token)

    def _after(self, fault: Fault) -> None:
        if fault is Fault.LOST_ANSWER:
            self.hub.sleep(8.0)
            raise ReadTimeoutError(endpoint_url=URL)
        if fault is Fault.SERVER_ERROR:
            raise refusal("InternalFailure", 500)


def _alone(call: Callable[..., Any], request: dict[str, Any]) -> None:
    """Let SES handle a request whose caller died; nobody learns of a refusal."""
    with suppress(ClientError):
        call(**request)


class Client:
    """A boto3 client as the handlers use it."""

    def __init__(self, gate: Gate, service: str) -> None:
        self._gate, self._service = gate, service

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            return self._gate.call(self._service, operation, request)

        return call
