"""A function as a warm process: `python -m benchmarks.function send_mail` handles what it is given.

It says when it is ready, reads one JSON list of message bodies from stdin, hands them to the
handler one invocation after another, and prints what that used.
"""

import importlib
import json
import logging
import sys
import time

from benchmarks.measure import cpu_seconds, peak_memory_mb


class Context:
    """Lambda's context at the beginning of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """More than any invocation here takes."""
        return 60_000


def main(name: str) -> None:
    """Work through what comes."""
    handler = importlib.import_module(name).handler
    logging.disable(logging.INFO)
    print("ready", flush=True)
    bodies = json.load(sys.stdin)
    began, cpu = time.perf_counter(), cpu_seconds()
    for number, body in enumerate(bodies):
        record = {"messageId": str(number), "body": body, "attributes": {}}
        if handler({"Records": [record]}, Context())["batchItemFailures"]:
            raise SystemExit(f"{name} sent a message back")
    wall = time.perf_counter() - began
    print(json.dumps({"cpu": cpu_seconds() - cpu, "wall": wall, "peak_mb": peak_memory_mb()}))


if __name__ == "__main__":
    main(sys.argv[1])
