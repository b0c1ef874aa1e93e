"""Run a function as a process: `python -m benchmarks.function NAME [layers]`.

It prints a line when it is loaded, reads one JSON list of invocations from stdin, each a list of
message bodies, hands them to the handler, and prints how much it used. The first is its warm-up.
Units are messages. With `layers`, it also prints the CPU of botocore and of HTTP.
"""

import importlib
import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.layers import Layers
from benchmarks.measure import cpu_seconds, print_figures


class Context:
    """Lambda's context at the beginning of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """More than any invocation here takes."""
        return 60_000


def main(name: str, *options: str) -> None:
    """Handle the invocations from stdin."""
    layers = Layers() if "layers" in options else None
    handler = importlib.import_module(name).handler
    logging.disable(logging.INFO)
    print("ready", flush=True)
    first, *others = [_event(bodies) for bodies in json.load(sys.stdin)]
    _invoke(handler, first)
    if layers:
        layers.clear()
    began, cpu = time.perf_counter(), cpu_seconds()
    for event in others:
        _invoke(handler, event)
    print_figures(sum(len(event["Records"]) for event in others), began, cpu, layers)


def _invoke(handler: Callable[..., Any], event: dict[str, Any]) -> None:
    if handler(event, Context())["batchItemFailures"]:
        raise SystemExit("a message was sent back")


def _event(bodies: list[str]) -> dict[str, Any]:
    now = str(int(time.time() * 1_000))
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": now}
    records = [
        {"messageId": str(number), "body": body, "attributes": attributes}
        for number, body in enumerate(bodies)
    ]
    return {"Records": records}


if __name__ == "__main__":
    main(*sys.argv[1:])
