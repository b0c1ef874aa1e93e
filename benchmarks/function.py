"""A function as a process: `python -m benchmarks.function send_mail 1` handles what it is given.

It says when it is loaded, reads one JSON list of message bodies from stdin, hands them to the
handler one invocation after another, and prints what that used; so many first ones (the second
argument) only warm it up.
"""

import importlib
import json
import logging
import sys
import time

from benchmarks.measure import cpu_seconds, print_figures


class Context:
    """Lambda's context at the beginning of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """More than any invocation here takes."""
        return 60_000


def main(name: str, warm_up: int) -> None:
    """Work through what comes."""
    handler = importlib.import_module(name).handler
    logging.disable(logging.INFO)
    print("ready", flush=True)
    bodies = json.load(sys.stdin)
    began, cpu = time.perf_counter(), cpu_seconds()
    for number, body in enumerate(bodies):
        if number == warm_up:
            began, cpu = time.perf_counter(), cpu_seconds()
        record = {"messageId": str(number), "body": body, "attributes": {}}
        if handler({"Records": [record]}, Context())["batchItemFailures"]:
            raise SystemExit(f"{name} sent a message back")
    print_figures(len(bodies) - warm_up, began, cpu)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
