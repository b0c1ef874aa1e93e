"""The canary: a real test announcement to SES's mailbox simulator, step by step.

https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from changecast.hub.announcing.announce import announce, connect
from changecast.hub.announcing.canary import canary_document
from changecast.hub.tracking.table import statuses
from changecast_cli.customers.account import session_of
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor.checked_account import CheckedAccount, checked_account
from changecast_cli.doctor.facts import envelope_account, listing_rate
from changecast_cli.doctor.verdicts import Verdict, broken, ok, warning
from changecast_cli.watching.runs import run_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_sesv2 import SESV2Client

SIMULATOR = "simulator.amazonses.com"
PEOPLE = ("success", "bounce", "complaint", "suppressionlist")
# boto3 would hide a throttled call behind its own retries.
ONCE = Config(retries={"total_max_attempts": 1})
WAIT_SECONDS = 120.0
POLL_SECONDS = 0.5
MOST = 50
# sam cuts a value at its first space if it is not quoted.
SCHEDULE_IT = (
    f"let the hub announce tests: add success+canary@{SIMULATOR} to each customer's list, "
    "write 'CanarySchedule=\"rate(1 day)\"', with both kinds of quotes, into parameter_overrides "
    "of [hub] in samconfig.toml, then run sam build --config-env hub && sam deploy --config-env hub"
)
# Step -> whether the run, as the hub sees it, has reached it.
LEGS: dict[str, Any] = {
    "planned": lambda run: run["counts"]["planned"] == len(PEOPLE),
    "sent": lambda run: run["state"] in ("sent", "partial"),
    "delivered": lambda run: run["counts"]["delivered"] >= 1,
    "bounced": lambda run: run["counts"]["bounced"] + run["counts"]["suppressed"] >= 2,
    "complained": lambda run: run["counts"]["complained"] >= 1,
}


def canary_verdicts(hub: boto3.Session, customer: CustomerStack, many: int = 1) -> list[Verdict]:
    """Announce tests to the simulator at once, and time their steps. Four mails each.

    Adds four simulator contacts to the list and removes them again.
    """
    own = session_of(customer)
    found = checked_account(own, customer.code, "changecast")
    if found is None:
        return []
    if f"@{SIMULATOR}" not in found.parameters.get("AllowedRecipients", ""):
        return [
            broken(
                "canary",
                f"the stack's AllowedRecipients lacks @{SIMULATOR}, so a test mails nobody",
                f"add it in samconfig.toml, then sam deploy --config-env {customer.code}",
            )
        ]
    ses, name = own.client("sesv2"), found.given_or("ContactList", "changecast")
    with _on_the_list(ses, name):
        impatient = own.client("sesv2", config=ONCE)
        return [*_flight(hub, found, many), *listing_rate(impatient, name)]


@contextmanager
def _on_the_list(ses: "SESV2Client", contact_list: str) -> Iterator[None]:
    people = [f"{name}+changecast@{SIMULATOR}" for name in PEOPLE]
    for address in people:
        try:
            ses.create_contact(
                ContactListName=contact_list,
                EmailAddress=address,
                TopicPreferences=[
                    {"TopicName": "announcements", "SubscriptionStatus": "OPT_IN"},
                ],
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "AlreadyExistsException":
                raise
    try:
        yield
    finally:
        for address in people:
            ses.delete_contact(ContactListName=contact_list, EmailAddress=address)


def _flight(hub: boto3.Session, found: CheckedAccount, many: int) -> Iterator[Verdict]:
    at, now = connect(hub), datetime.now(UTC)
    if at.two_persons:
        said = "this hub requires a second person (TwoPerson=yes), so the doctor cannot send a test"
        yield warning("canary", said, SCHEDULE_IT)
        return
    flown: dict[str, _Flown] = {}
    for number in range(many):  # the time is in the id of a canary
        document = canary_document(found.code, now + timedelta(seconds=number))
        began = time.monotonic()
        flown[announce(document, hub=at, test=True).change_id] = _Flown(began)
    _follow(at.table, flown, found.code)
    for leg in LEGS:
        yield leg_verdict(leg, {change: one.legs.get(leg) for change, one in flown.items()})
    last = next(reversed(flown))
    run = run_of(last, statuses(at.table, last))
    yield from envelope_account(run["customers"].get(found.code, {}).get("account"), found.account)


@dataclass
class _Flown:
    """One test: when it was put, and after how many seconds it reached each step."""

    began: float
    legs: dict[str, float] = field(default_factory=dict)


def _follow(table: "Table", flown: dict[str, _Flown], code: str) -> None:
    """Record when each test reaches each step, until all have or the time is over."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        under_way = {change: one for change, one in flown.items() if len(one.legs) < len(LEGS)}
        if not under_way:
            return
        for change, one in under_way.items():
            run = run_of(change, statuses(table, change))["customers"].get(code)
            after = time.monotonic() - one.began
            one.legs |= {
                leg: after
                for leg, is_done in LEGS.items()
                if run and leg not in one.legs and is_done(run)
            }
        time.sleep(POLL_SECONDS)


def leg_verdict(leg: str, seconds: Mapping[str, float | None]) -> Verdict:
    """Return the verdict on a step by the tests' times (by change); None means not reached."""
    there = sorted(each for each in seconds.values() if each is not None)
    missing = [change for change, each in seconds.items() if each is None]
    if missing:
        many = f"{len(there)} of {len(seconds)} " if len(seconds) > 1 else "not "
        look = f"changecast status {missing[0]}"
        return broken(f"canary-{leg}", f"{many}within {WAIT_SECONDS:.0f} s", look)
    if len(there) == 1:
        return ok(f"canary-{leg}", f"after {there[0]:.1f} s")
    took = f"{there[0]:.1f} to {there[-1]:.1f} s, half of them within {median(there):.1f} s"
    return ok(f"canary-{leg}", f"{len(there)} of {len(there)} after {took}")
