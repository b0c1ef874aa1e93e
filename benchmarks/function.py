"""A function as a process: `python -m benchmarks.function NAME WARM_UP RECORDS`.

It says when it is loaded, reads one JSON list of message bodies from stdin, hands them to the
handler, RECORDS to an invocation, and prints what that used. The first WARM_UP invocations do not
count.
"""

import importlib
import json
import logging
import sys
import time
from typing import Any

from benchmarks.measure import cpu_seconds, print_figures


class Context:
    """Lambda's context at the beginning of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """More than any invocation here takes."""
        return 60_000


def main(name: str, warm_up: int, records: int) -> None:
    """Work through what comes."""
    handler = importlib.import_module(name).handler
    logging.disable(logging.INFO)
    print("ready", flush=True)
    messages = [_record(number, body) for number, body in enumerate(json.load(sys.stdin))]
    began, cpu = time.perf_counter(), cpu_seconds()
    for start in range(0, len(messages), records):
        if start == warm_up * records:
            began, cpu = time.perf_counter(), cpu_seconds()
        if handler({"Records": messages[start : start + records]}, Context())["batchItemFailures"]:
            raise SystemExit(f"{name} sent a message back")
    print_figures(len(messages) - warm_up * records, began, cpu)


def _record(number: int, body: str) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": "1"}
    return {"messageId": str(number), "body": body, "attributes": attributes}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
