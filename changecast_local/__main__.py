"""The embedded cloud as its own process: python -m changecast_local --state FILE."""

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from changecast_local.cloud import running


def main() -> int:
    """Run until SIGTERM or SIGINT. FILE has {"pid", "endpoint"} while the cloud answers."""
    arguments = _arguments()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with running(
            auth=not arguments.no_auth,
            port=arguments.port,
            workers=arguments.workers,
            log=arguments.log,
            variables=dict(arguments.function_variable),
        ) as cloud:
            _write(arguments.state, {"pid": os.getpid(), "endpoint": cloud.endpoint})
            stop.wait()
            arguments.state.unlink(missing_ok=True)
    except OSError as error:
        print(f"the embedded cloud cannot start: {error}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m changecast_local", description=__doc__)
    parser.add_argument(
        "--state", type=Path, required=True, help="file to write the cloud's address to"
    )
    parser.add_argument(
        "--port", type=int, default=0, help="port; 0 (the default) picks a free one"
    )
    parser.add_argument("--no-auth", action="store_true", help="do not evaluate IAM")
    parser.add_argument("--workers", type=int, default=6, help="how many functions can run at once")
    parser.add_argument("--log", type=Path, help="file for the cloud's own log")
    parser.add_argument(
        "--function-variable",
        type=_variable,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="environment variable to set for every function",
    )
    return parser.parse_args()


def _variable(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{given!r} is not NAME=VALUE")
    return name, value


def _write(file: Path, state: dict[str, object]) -> None:
    """Write the file in one step, because a waiting process must not read half of it."""
    part = file.with_name(f"{file.name}.{os.getpid()}")
    part.write_text(json.dumps(state), "utf-8")
    part.replace(file)


if __name__ == "__main__":
    sys.exit(main())
