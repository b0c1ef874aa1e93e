"""The process of one function: imports its handler, then answers one JSON line for each line.

It runs isolated (`python -I -S`), so it sees only the standard library and the function's own zip:
a package that is missing in the zip is missing here, as on AWS.
https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html, python-logging.html
"""

import importlib
import json
import logging
import os
import sys
import time
import traceback
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import IO, Any

PLAIN = frozenset(vars(logging.makeLogRecord({})))
current = SimpleNamespace(request_id="")


class JsonLines(logging.Formatter):
    """A log record as Lambda's JSON log format writes it, with everything from `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object on one line."""
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": current.request_id,
        }
        line |= {key: value for key, value in vars(record).items() if key not in PLAIN}
        if record.exc_info:
            line["stackTrace"] = self.formatException(record.exc_info).splitlines()
        return json.dumps(line, default=str)


def main() -> None:
    """Answer on what was standard output; what the function prints goes to its log."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _start_logging()
    sys.path.insert(0 if "-S" in sys.orig_argv else len(sys.path), os.environ["LAMBDA_TASK_ROOT"])
    module, _, name = os.environ["_HANDLER"].rpartition(".")
    try:
        handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    except BaseException as error:  # noqa: BLE001 - whatever it is, Lambda reports it
        _answer(answers, {"error": _described(error)})
        return
    _answer(answers, {"ready": True})
    for line in sys.stdin:
        _answer(answers, _invoke(handler, json.loads(line)))


def _start_logging() -> None:
    lines = logging.StreamHandler(sys.stderr)
    json_format = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
    plain = logging.Formatter("[%(levelname)s]\t%(asctime)s\t%(message)s")
    lines.setFormatter(JsonLines() if json_format else plain)
    logging.getLogger().addHandler(lines)
    logging.getLogger().setLevel(logging.INFO if json_format else logging.WARNING)


def _invoke(handler: Any, message: dict[str, Any]) -> dict[str, Any]:
    current.request_id = message["request_id"]
    os.environ["_X_AMZN_TRACE_ID"] = message["trace_id"]
    try:
        # Serialised here, so that a result that is not JSON fails the invocation, as on AWS.
        return {"result": json.loads(json.dumps(handler(message["event"], _context(message))))}
    except BaseException as error:  # noqa: BLE001 - whatever it is, Lambda reports it
        return {"error": _described(error)}


def _context(message: dict[str, Any]) -> SimpleNamespace:
    deadline = message["deadline"]
    return SimpleNamespace(
        aws_request_id=message["request_id"],
        invoked_function_arn=message["arn"],
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        identity=None,
        client_context=None,
        get_remaining_time_in_millis=lambda: max(0, round((deadline - time.time()) * 1000)),
    )


def _described(error: BaseException) -> dict[str, Any]:
    trace = traceback.format_exception(error)
    print("".join(trace), file=sys.stderr)
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": trace}


def _answer(answers: IO[str], answer: dict[str, Any]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
