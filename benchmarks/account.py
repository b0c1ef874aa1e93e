"""A customer's account to measure: stubs beside it, and its functions as processes on one core."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.request import urlopen

from benchmarks.measure import ROOT
from benchmarks.stubs.services import COUNTS, MAILS, MESSAGES
from testbed.doubles.account import ENVIRONMENT
from testbed.doubles.announcements import envelope
from testbed.templates import resource

# How long each stub takes for an answer.
SES_SECONDS, OTHERS_SECONDS = 0.025, 0.005
BATCH = int(ENVIRONMENT["BATCH_SIZE"])
# Lambda starts with this many pollers for a queue; each gathers messages as the template says.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
POLLERS = 5
_SOURCE = resource("template.yaml", "RecordOutcomeFunction")["Events"]["OutcomesQueue"]
GATHERED: dict[str, int] = _SOURCE["Properties"]
# How long (seconds, at least and at most) until SES's events arrive; AWS does not say.
NEWS_SECONDS = {"Send": (0.2, 2.0), "Delivery": (1.0, 10.0)}
_SERVICES = {"ses": "SESV2", "dynamodb": "DYNAMODB", "s3": "S3", "sqs": "SQS"}


@dataclass(frozen=True)
class Figures:
    """What a number of units of work took: CPU, wall time, and the peak memory of a process.

    `layers` is the CPU of botocore and HTTP by service, if it was asked for.
    """

    units: int
    cpu: float
    wall: float
    peak_mb: float
    layers: dict[str, float] = field(default_factory=dict)


@dataclass
class Account:
    """The stubs' addresses by service, and the environment that makes a function use them.

    `rate` is how many mails a second the account may send. `options` are those of
    `benchmarks.function`.
    """

    urls: dict[str, str]
    environment: dict[str, str]
    rate: float
    changes: Iterator[int] = field(default_factory=lambda: count(1))
    options: tuple[str, ...] = ()

    def plan(self, changes: int = 1) -> tuple[Figures, list[str]]:
        """Announce more changes; returns what the planner used, and the delivery hints.

        A test that mails nobody warms up the planner.
        """
        numbers = [next(self.changes) for _ in range(changes + 1)]
        bodies = [
            json.dumps(envelope(change_id=f"CHG{number}", test=number == numbers[0]))
            for number in numbers
        ]
        (figures,) = self._work_of("plan_delivery", [[body] for body in bodies])
        return figures, self.messages("deliveries")

    def send(self, hints: Sequence[str], processes: int) -> Figures:
        """Send full batches in this many processes; Lambda gives each one batch at a time.

        The first batch of each is its warm-up. Units are mails.
        """
        found = self._work_of("send_mail", [[hint] for hint in hints], processes)
        return Figures(
            units=BATCH * sum(each.units for each in found),
            cpu=sum(each.cpu for each in found),
            wall=max(each.wall for each in found),
            peak_mb=max(each.peak_mb for each in found),
            layers=dict(sum((Counter(each.layers) for each in found), Counter())),
        )

    def hear(self) -> Figures:
        """Let SES report every mail as sent and delivered; units are its events.

        Mails went out at the account's rate, and their events overtake one another.
        """
        said: list[tuple[float, str]] = []
        by_chance = random.Random(0)
        for number, tags in enumerate(_get(self.urls["ses"] + MAILS)):
            for kind, (soonest, latest) in NEWS_SECONDS.items():
                at = number / self.rate + by_chance.uniform(soonest, latest)
                said.append((at, json.dumps(_event_of_ses(kind, at, tags))))
        (figures,) = self._work_of("record_outcome", list(_gathered(sorted(said))))
        return figures

    def _work_of(self, name: str, work: Sequence[Any], processes: int = 1) -> list[Figures]:
        return self.work(["function", name, *self.options], work, processes)

    def work(
        self, program: Sequence[str], work: Sequence[Any], processes: int = 1
    ) -> list[Figures]:
        """Let processes work through messages that they share evenly.

        They are pinned as this process is, and start their clocks when all of them are loaded.
        """
        module, *arguments = program
        command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
        return self.run(command, work, processes)

    def run(self, command: Sequence[str], work: Sequence[Any], processes: int = 1) -> list[Figures]:
        """Let any program do the same; its protocol is that of benchmarks.function."""
        with ExitStack() as stack:
            workers = [
                stack.enter_context(
                    subprocess.Popen(
                        command, cwd=ROOT, env=self.environment, text=True,
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    )
                )
                for _ in range(processes)
            ]  # fmt: skip
            for worker in workers:
                _line_of(worker)
            for number, worker in enumerate(workers):
                assert worker.stdin is not None
                worker.stdin.write(json.dumps(work[number::processes]))
                worker.stdin.close()
            return [Figures(**json.loads(_line_of(worker))) for worker in workers]

    def counts(self, service: str) -> dict[str, int]:
        """Return what a stub has been asked for so far."""
        found: dict[str, int] = _get(self.urls[service] + COUNTS)
        return found

    def messages(self, queue: str) -> list[str]:
        """Return the messages of a queue, and empty it."""
        found: list[str] = _get(f"{self.urls['sqs']}{MESSAGES}/{queue}")
        return found


def _event_of_ses(kind: str, at: float, tags: dict[str, list[str]]) -> dict[str, Any]:
    """Return an event as long as SES's own, which also contain the mail's headers."""
    headers = [{"name": f"X-Header-{number}", "value": "v" * 60} for number in range(15)]
    mail = {"messageId": "m" * 60, "tags": tags, "headers": headers, "commonHeaders": {}}
    said = datetime.fromtimestamp(at, UTC).isoformat()
    return {"time": said, "source": "aws.ses", "detail": {"eventType": kind, "mail": mail}}


def _gathered(said: Sequence[tuple[float, str]]) -> Iterator[list[str]]:
    """Return events (arrival time and body) as the pollers hand them to invocations."""
    size, window = GATHERED["BatchSize"], GATHERED["MaximumBatchingWindowInSeconds"]
    by_chance = random.Random(1)
    gathering: list[list[tuple[float, str]]] = [[] for _ in range(POLLERS)]
    for at, body in said:
        poller = gathering[by_chance.randrange(POLLERS)]
        if poller and (len(poller) == size or at - poller[0][0] > window):
            yield [earlier for _, earlier in poller]
            poller.clear()
        poller.append((at, body))
    yield from ([body for _, body in poller] for poller in gathering if poller)


def _line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"a process ended unexpectedly: {process.args!r}")
    return line


def _get(url: str) -> Any:
    with urlopen(url) as answer:
        return json.load(answer)


@contextmanager
def account(contacts: int, rate: float = 100_000.0, *, channels: bool = False) -> Iterator[Account]:
    """An account with this many contacts, whose quota allows `rate` mails a second.

    With `channels`, it may have chats and webhooks.

    The stubs end with it.
    """
    with ExitStack() as stack:
        urls = {name: _stub(stack, name, contacts, rate) for name in _SERVICES}
        endpoints = {f"AWS_ENDPOINT_URL_{_SERVICES[name]}": url for name, url in urls.items()}
        queues = {
            f"{queue.upper()}_QUEUE_URL": f"{urls['sqs']}/{queue}"
            for queue in ("deliveries", "reports", *(["notices"] if channels else []))
        }
        yield Account(urls, _base() | ENVIRONMENT | endpoints | queues, rate)


def _stub(stack: ExitStack, service: str, contacts: int, rate: float) -> str:
    seconds = SES_SECONDS if service == "ses" else OTHERS_SECONDS
    settings = [service, str(seconds), str(contacts), str(rate)]
    command = [sys.executable, "-m", "benchmarks.stubs", *settings]
    stub = stack.enter_context(
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    )
    stack.callback(stub.terminate)
    port = _line_of(stub).strip()
    return f"http://127.0.0.1:{port}"


def _base() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": "functions",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
        # The package has boto3 alone: no compiled signer.
        "BOTO_DISABLE_CRT": "true",
    }
