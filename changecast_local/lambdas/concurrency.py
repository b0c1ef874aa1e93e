"""An account's concurrent executions: 1,000 by default, often 10 in a new account.

A synchronous caller is refused (429). Lambda itself retries events and messages from queues:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc, sqs

from changecast_local import faults

DEFAULT = 1_000
ASYNC_SECONDS = 21_600.0
_AGAIN_SECONDS = 0.1

# Until when (monotonic) Lambda retries a throttled invocation.
_patience: ContextVar[float] = ContextVar("patience", default=0.0)
_lock = threading.Lock()
Slot = tuple[str | None, str | None]


def limit_of(account: str) -> int:
    """Return the concurrent executions that an account may have."""
    return int(faults.limit(account, "concurrent_executions", DEFAULT))


def install() -> None:
    """Count executions per account and Region; ministack counts all accounts as one."""
    lambda_svc._acquire_execution_slot = _within_limit(lambda_svc._acquire_execution_slot)
    lambda_svc._run_sqs_batch = _repeated_while_invisible(lambda_svc._run_sqs_batch)
    lambda_svc.invoke_async_with_retry = _repeated_for_hours(lambda_svc.invoke_async_with_retry)
    lambda_svc._get_account_settings = _settings_with_limit(lambda_svc._get_account_settings)


def _within_limit(acquire: Callable[..., Slot]) -> Callable[..., Slot]:
    def acquired(function: Any, config: dict[str, Any]) -> Slot:
        while True:
            with _lock:
                if _running() < limit_of(get_account_id()):
                    return acquire(function, config)
            if time.monotonic() >= _patience.get():
                return None, "account"
            time.sleep(_AGAIN_SECONDS)

    return acquired


def _running() -> int:
    """Return the account's running invocations in this Region."""
    here = f"{get_account_id()}:{get_region()}:"
    return sum(n for key, n in list(lambda_svc._inflight.items()) if key.startswith(here))


def _repeated_while_invisible(run: Callable[..., None]) -> Callable[..., None]:
    """Retry a batch until its messages become visible to others."""

    def repeated(mapping: Any, function: Any, event: Any, batch: Any, url: str, name: str) -> None:
        attributes = sqs._queues[url]["attributes"]
        with _repeated_for(float(attributes.get("VisibilityTimeout", 30))):
            run(mapping, function, event, batch, url, name)

    return repeated


def _repeated_for_hours(invoke: Callable[..., None]) -> Callable[..., None]:
    def repeated(function: Any, event: Any) -> None:
        with _repeated_for(ASYNC_SECONDS):
            invoke(function, event)

    return repeated


@contextmanager
def _repeated_for(seconds: float) -> Iterator[None]:
    before = _patience.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _patience.reset(before)


def _settings_with_limit(settings: Callable[[], Any]) -> Callable[[], Any]:
    """Return GetAccountSettings of the calling account."""

    def answered() -> Any:
        status, headers, body = settings()
        said = json.loads(body)
        limit = said["AccountLimit"]
        reserved = limit["ConcurrentExecutions"] - limit["UnreservedConcurrentExecutions"]
        ours = limit_of(get_account_id())
        limit["ConcurrentExecutions"] = ours
        limit["UnreservedConcurrentExecutions"] = max(0, ours - reserved)
        return status, headers, json.dumps(said).encode()

    return answered
