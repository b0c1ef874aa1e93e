"""Many customers in a metered embedded cloud: deployed, subscribed, announced to, and measured."""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from changecast.hub.announcing.announce import Announcement, Hub, announce, connect
from changecast_cli.announcing.results import final_run
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.local.stage import HUB, REGION, TOPICS, Stage
from changecast_local.cloud import Cloud, attach
from testbed.fleet import Builds, build_fleet, deploy_customers, deploy_hub

SAMPLE = Path(__file__).parents[1] / "tests" / "samples" / "a-current-approved.json"
START_SECONDS = 60.0
SEND_EMAIL = "SES.POST outbound-emails"
WORKERS = 4
# Account limits are not measured here, so they are off.
NO_LIMITS = (("MaxAnnouncementsPerHour", "0"),)
Line = dict[str, Any]


@dataclass
class Fleet:
    """A hub and its customers, and the meter of the cloud that they are in.

    `standing` are the deployed customers, `hub` is the hub as announcers see it.
    """

    cloud: Cloud
    stage: Stage
    meter: Path
    builds: Builds
    scheduled: bool = False
    standing: tuple[CustomerStack, ...] = ()
    hub: Hub = field(init=False)

    @property
    def codes(self) -> list[str]:
        """Return the codes of the deployed customers."""
        return [customer.code for customer in self.standing]

    def grow(self, number: int, contacts: int) -> None:
        """Deploy more customers, up to a number, each with a number of people."""
        more = self.stage.customers[len(self.standing) : number]
        deploy_customers(self.builds, more, self.cloud)
        if not self.scheduled:
            still(self.cloud, [each.account for each in more])
        for each in more:
            subscribe(self.cloud, each, contacts)
        self.standing += more
        self.hub = connect(self.cloud.session(HUB.account, REGION))

    def lines(self, since: float = 0.0) -> list[Line]:
        """Return the meter's lines about what ended since a time (epoch seconds)."""
        read = [json.loads(line) for line in self.meter.read_text("utf-8").splitlines()]
        return [line for line in read if line.get("ended", line.get("at", 0.0)) >= since]

    def announce(self, codes: Sequence[str]) -> Announcement:
        """Return a new change for these customers."""
        return announce(document(codes), hub=self.hub)

    def told(self, codes: Sequence[str], seconds: float = 300) -> float:
        """Announce and wait until everybody was told; returns when the put began (epoch)."""
        began = time.time()
        self.wait([self.announce(codes)], seconds)
        return began

    def account(self, code: str) -> str:
        """Return the account of a customer."""
        return next(each.account for each in self.standing if each.code == code)

    def wait(self, announced: Sequence[Announcement], seconds: float = 300) -> None:
        """Wait until all are final and the functions are at rest; SystemExit if not all is sent."""
        for one in announced:
            run = final_run(self.hub, one, seconds)
            states = Counter(each["state"] for each in run["customers"].values())
            if set(states) != {"sent"}:
                raise SystemExit(f"{one.change_id}: not everybody was told: {dict(states)}")
        self.rest()

    def rest(self, quiet: float = 1.5, seconds: float = 300) -> None:
        """Wait until the meter is silent for a while: outcomes come after the mails."""
        end = time.monotonic() + seconds
        while time.time() - self.meter.stat().st_mtime < quiet:
            if time.monotonic() > end:
                raise SystemExit("the functions are still busy")
            time.sleep(0.1)


def document(codes: Sequence[str]) -> dict[str, Any]:
    """Return a new change for these customers."""
    sample = json.loads(SAMPLE.read_text("utf-8"))
    return {**sample, "changeId": f"CHG-{time.time_ns()}", "customers": list(codes)}


def customer(number: int) -> CustomerStack:
    """Return the customer of a number: fleet-0007 in account 700000000007."""
    code = f"fleet-{number:04}"
    return CustomerStack(
        code, f"70000000{number:04}", REGION, f"Fleet {number}", f"changes@{code}.example", "UTC",
        "en", "desk@provider.example", None, NO_LIMITS,
    )  # fmt: skip


@contextmanager
def metered_cloud(
    folder: Path, *, workers: int = WORKERS, warm: int = 24, cold: bool = False
) -> Iterator[tuple[Cloud, Path]]:
    """Run a metered cloud for the duration of a block; yield the cloud, and the meter's file."""
    state, meter = folder / "endpoint", folder / "meter.jsonl"
    words = ["--state", state, "--meter", meter, "--workers", workers, "--warm", warm]
    command = [sys.executable, "-m", "benchmarks.metered_cloud", *map(str, words)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *(["--cold"] if cold else [])],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + START_SECONDS
        while not state.exists() or not state.read_text("utf-8"):
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit("the metered cloud did not start")
            time.sleep(0.05)
        yield attach(state.read_text("utf-8")), meter
    finally:
        process.terminate()
        process.wait()


@contextmanager
def fleet_of(
    customers: int, *, warm: int = 24, cold: bool = False, scheduled: bool = False
) -> Iterator[Fleet]:
    """Deploy a hub for some customers; `grow` deploys these, through CloudFormation's own API.

    With `scheduled`, what runs every minute on AWS runs here too.
    """
    stage = Stage(tuple(customer(number) for number in range(1, customers + 1)))
    with tempfile.TemporaryDirectory(prefix="changecast-fleet-") as scratch:
        folder = Path(scratch)
        with metered_cloud(folder, warm=warm, cold=cold) as (cloud, meter):
            builds = build_fleet(stage, cloud, folder / "sam")
            deploy_hub(builds, stage, cloud, {})
            if not scheduled:
                still(cloud, [HUB.account])
            yield Fleet(cloud, stage, meter, builds, scheduled)


def still(cloud: Cloud, accounts: Sequence[str]) -> None:
    """Turn off sweep and watch, which run every minute whether anything is announced or not.

    They cost by the minute and not by the announcement; the scale model counts them so.
    """
    for account in accounts:
        events = cloud.session(account, REGION).client("events")
        for rule in events.list_rules()["Rules"]:
            if rule.get("ScheduleExpression"):
                events.disable_rule(Name=rule["Name"])


def subscribe(cloud: Cloud, each: CustomerStack, contacts: int, first: int = 1) -> None:
    """Subscribe people to every topic of a customer: from the number `first` up to `contacts`."""
    ses = cloud.preparing(each.account, REGION).client("sesv2")
    preferences: Any = [{"TopicName": t, "SubscriptionStatus": "OPT_IN"} for t in TOPICS]
    for person in range(first, contacts + 1):
        ses.create_contact(
            ContactListName="changecast",
            EmailAddress=f"person{person}@{each.code}.example",
            TopicPreferences=preferences,
        )


def invocations(lines: Sequence[Line]) -> list[Line]:
    """Return the finished invocations among the meter's lines."""
    return [line for line in lines if line["kind"] == "invocation"]


def requests(lines: Sequence[Line], operation: str = "") -> list[Line]:
    """Return the requests of functions among the meter's lines, or those of one operation."""
    asked = [line for line in lines if line["kind"] == "request"]
    return [line for line in asked if operation in ("", line["operation"])]


def last_mail(lines: Sequence[Line], account: str | None = None) -> float:
    """Return when the last mail was accepted (epoch seconds), of one account or of all."""
    return max(
        float(line["at"])
        for line in requests(lines, SEND_EMAIL)
        if account in (None, line["account"])
    )


def used(lines: Sequence[Line], accounts: Sequence[str]) -> list[float]:
    """Return the CPU seconds of each account's invocations, without process starts."""
    total: Counter[str] = Counter()
    for line in invocations(lines):
        total[line["account"]] += line["cpu"]
    return [total[account] for account in accounts]
