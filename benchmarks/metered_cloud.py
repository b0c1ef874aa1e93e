"""Run the embedded cloud with a meter for every function and every request of a function.

    python -m benchmarks.metered_cloud --state FILE --meter FILE [--workers N] [--warm N] [--cold]

FILE of --meter gets one JSON line per finished invocation (CPU, wall, memory of its process) and
per request of a function (its operation, how many items it names). The functions do not know about
the meter.
"""

import argparse
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from changecast_local import bridge
from changecast_local.cloud import running
from changecast_local.lambdas import pool
from changecast_local.lambdas.worker import Worker

PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1024**2


class Meter:
    """Writes lines, from many threads."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._lock = threading.Lock()

    def note(self, **line: Any) -> None:
        """Write one line, which others can read at once."""
        with self._lock:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


def main() -> None:
    """Run until SIGTERM."""
    arguments = _arguments()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    pool.ALIVE = arguments.warm
    if arguments.cold:
        _start_anew_for_each()
    with arguments.meter.open("w", encoding="utf-8") as file:
        meter = Meter(file)
        _meter_invocations(meter)
        _meter_requests(meter)
        with running(workers=arguments.workers) as cloud:
            arguments.state.write_text(cloud.endpoint, "utf-8")
            stop.wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.metered_cloud", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="file to write the endpoint to")
    parser.add_argument(
        "--meter", type=Path, required=True, help="file to write the meter's lines to"
    )
    parser.add_argument("--workers", type=int, default=4, help="how many functions can run at once")
    parser.add_argument(
        "--warm", type=int, default=24, help="how many processes to keep, busy or warm"
    )
    parser.add_argument("--cold", action="store_true", help="start a process for each invocation")
    return parser.parse_args()


def _start_anew_for_each() -> None:
    """Keep no function warm, so that few customers have no advantage over many."""
    pool.Pool._warm = lambda _self, _key: None  # type: ignore[method-assign, assignment]


def _meter_invocations(meter: Meter) -> None:
    invoke = Worker.invoke

    def metered(self: Worker, message: dict[str, Any]) -> dict[str, Any]:
        pid = self._process.pid
        is_cold = not hasattr(self, "was_metered")
        self.was_metered = True  # type: ignore[attr-defined]
        before, began = cpu_of_process(pid), time.time()
        answer = invoke(self, message)
        arn = str(message["arn"]).split(":")
        meter.note(
            kind="invocation",
            account=arn[4],
            function=short_name(arn[6]),
            pid=pid,
            began=began,
            ended=time.time(),
            cpu=cpu_of_process(pid) - before,
            start_cpu=before if is_cold else None,
            memory_mb=memory_mb(pid),
            failed="error" in answer,
        )
        return answer

    Worker.invoke = metered  # type: ignore[method-assign, assignment]


def cpu_of_process(pid: int) -> float:
    """Return the CPU seconds of a process with all its threads, including those that have ended.

    The clock's number is that of clock_getcpuclockid(3).
    """
    return time.clock_gettime((~pid << 3) | 2)


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE_MB


def short_name(function: str) -> str:
    """PlanDelivery, of changecast-PlanDeliveryFunction-1A2B."""
    return function.removeprefix("changecast-").removeprefix("hub-").split("Function")[0]


def _meter_requests(meter: Meter) -> None:
    """Count what comes with the credentials of a function's role."""
    bridge.install()
    # They import ministack, which the bridge has loaded only now.
    from ministack.services import sts  # noqa: PLC0415

    from changecast_local import hosting  # noqa: PLC0415

    whose: dict[str, tuple[str, str]] = {}
    register = sts.register_session

    def registered(access_key: str, session: dict[str, Any]) -> None:
        parts = session["Arn"].split(":")
        whose[access_key] = parts[4], short_name(parts[5].rpartition("/")[2])
        register(access_key, session)

    sts.register_session = registered
    application = hosting.application
    hosting.application = lambda *given, **named: _metered_app(
        application(*given, **named), whose, meter
    )


def _metered_app(
    app: Callable[..., Any], whose: dict[str, tuple[str, str]], meter: Meter
) -> Callable[..., Any]:
    async def metered(scope: dict[str, Any], receive: Any, send: Any) -> None:
        asking = whose.get(_access_key(scope)) if scope["type"] == "http" else None
        if asking is None:
            await app(scope, receive, send)
            return
        message = await _whole(receive)
        came = time.time()
        await app(scope, _given(message, receive), send)
        account, function = asking
        meter.note(
            kind="request",
            account=account,
            function=function,
            at=time.time(),
            seconds=time.time() - came,
            **operation_of(scope, message["body"]),
        )

    return metered


def _access_key(scope: dict[str, Any]) -> str:
    authorization = dict(scope["headers"]).get(b"authorization", b"").decode()
    return str(authorization.partition("Credential=")[2].partition("/")[0])


async def _whole(receive: Any) -> dict[str, Any]:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return {"type": "http.request", "body": body, "more_body": False}


def _given(message: dict[str, Any], receive: Any) -> Callable[[], Any]:
    """Return the request once more, from the start."""
    waiting = [message]

    async def again() -> Any:
        return waiting.pop() if waiting else await receive()

    return again


def operation_of(scope: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Return the service and operation of a request, and how many items it reads or writes."""
    target = dict(scope["headers"]).get(b"x-amz-target", b"").decode()
    if target:
        service, _, operation = target.partition(".")
        service = service.partition("_")[0]
        return {"operation": f"{service}.{operation}", "items": items_of(operation, body)}
    root = "/".join(scope["path"].split("/")[:4])
    is_ses = scope["path"].startswith("/v2/email")
    where = root.rpartition("/")[2] if is_ses else "object"
    return {"operation": f"{'SES' if is_ses else 'S3'}.{scope['method']} {where}", "items": 1}


def items_of(operation: str, body: bytes) -> int:
    """Return the items of a DynamoDB request; 1 if it is about one, or if it is unknown."""
    if operation == "TransactWriteItems":
        return len(json.loads(body)["TransactItems"])
    if operation == "BatchGetItem":
        return sum(len(keys["Keys"]) for keys in json.loads(body)["RequestItems"].values())
    return 1


if __name__ == "__main__":
    main()
