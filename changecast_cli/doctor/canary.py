"""The canary: a marked test announcement the real way to SES's mailbox simulator, leg by leg.

https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from changecast.announce import announce, connect
from changecast.canary import canary_document
from changecast.status_table import statuses
from changecast_cli.customers.account import session_of
from changecast_cli.deploying.samconfig import Customer
from changecast_cli.doctor.facts import envelope_account, listing_rate
from changecast_cli.doctor.patient import Patient, patient
from changecast_cli.doctor.verdicts import Verdict, broken, ok
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
# leg -> whether the run, as the hub sees it, has come so far.
LEGS: dict[str, Any] = {
    "planned": lambda run: run["counts"]["planned"] == len(PEOPLE),
    "sent": lambda run: run["state"] in ("sent", "partial"),
    "delivered": lambda run: run["counts"]["delivered"] >= 1,
    "bounced": lambda run: run["counts"]["bounced"] + run["counts"]["suppressed"] >= 2,
    "complained": lambda run: run["counts"]["complained"] >= 1,
}


def canary_verdicts(hub: boto3.Session, customer: Customer) -> list[Verdict]:
    """Announce a test to the simulator and time how far it comes. Four mails, to nobody.

    Puts four contacts of the simulator on the list and takes them off again.
    """
    own = session_of(customer)
    found = patient(own, customer.code, "changecast")
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
        return [*_flight(hub, found), *listing_rate(impatient, name)]


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


def _flight(hub: boto3.Session, found: Patient) -> Iterator[Verdict]:
    at = connect(hub)
    began = time.monotonic()
    announced = announce(canary_document(found.code, datetime.now(UTC)), hub=at, test=True)
    reached = _reached(at.table, announced.change_id, found.code, began)
    for leg in LEGS:
        if leg in reached:
            yield ok(f"canary-{leg}", f"after {reached[leg]:.1f} s")
        else:
            look = f"changecast status {announced.change_id}"
            yield broken(f"canary-{leg}", f"not within {WAIT_SECONDS:.0f} s", look)
    run = run_of(announced.change_id, statuses(at.table, announced.change_id))
    yield from envelope_account(run["customers"].get(found.code, {}).get("account"), found.account)


def _reached(table: "Table", change_id: str, code: str, began: float) -> dict[str, float]:
    """Leg -> seconds after the put, for every leg that was reached in time."""
    reached: dict[str, float] = {}
    while time.monotonic() - began < WAIT_SECONDS and len(reached) < len(LEGS):
        run = run_of(change_id, statuses(table, change_id))["customers"].get(code)
        now = time.monotonic() - began
        reached |= {leg: now for leg, so in LEGS.items() if run and leg not in reached and so(run)}
        time.sleep(POLL_SECONDS)
    return reached
