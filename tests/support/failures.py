"""Errors and queues of an embedded cloud, to print beside a test that failed there."""

import json
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from changecast_cli.local.stage import HUB
from tests.support.provider import Provider

TROUBLES_PER_GROUP, TRACEBACK_LINES = 5, 8
WRONG = ("ERROR", "CRITICAL", "Traceback", "Task timed out", "errorType")


def failures(provider: Provider) -> str:
    """Return the newest error lines of every function, and every queue that is not empty."""
    accounts = {HUB.account: "hub"} | {one.account: one.code for one in provider.stage.customers}
    found = []
    for account, name in accounts.items():
        session = provider.cloud.preparing(account)
        found += [f"{name}: {line}" for line in (*_errors(session), *_waiting(session))]
    return "\n".join(found)


def _errors(session: Any) -> Iterator[str]:
    logs = session.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        events = logs.filter_log_events(logGroupName=name)["events"]
        lines = [line for one in events for line in one["message"].splitlines()]
        wrong = [at for at, line in enumerate(lines) if any(word in line for word in WRONG)]
        for at in wrong[-TROUBLES_PER_GROUP:]:
            yield f"{name}: " + "\n    ".join(line[:400] for line in _trouble(lines[at:]))


def _trouble(lines: list[str]) -> Iterator[str]:
    """Yield a line, and what belongs to it: a traceback down to its error."""
    yield lines[0]
    if "Traceback" in lines[0]:
        indented = list(takewhile(lambda line: line.startswith(" "), lines[1:]))
        yield from indented[-TRACEBACK_LINES:]
        yield from lines[len(indented) + 1 : len(indented) + 2]


def _waiting(session: Any) -> Iterator[str]:
    sqs = session.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        all_of = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        counts = {name: n for name, n in all_of.items() if name.startswith("Approx") and n != "0"}
        if counts:
            yield f"{url.rpartition('/')[2]}: {json.dumps(counts)}"
