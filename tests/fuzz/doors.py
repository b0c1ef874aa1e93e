"""The doors through which foreign text comes in: each takes anything, and refuses with a reason.

A door returns nothing. It raises what is a fault of ours: anything but a ContractError.
"""

import json
from datetime import UTC, datetime

from changecast.change import view_for
from changecast.compose import Brand, compose
from changecast.errors import ContractError
from changecast.event import ChangeAnnounced, parse_announced, parse_reported
from changecast.metadata import MetadataFault, read_document
from changecast.outcomes import outcome_of
from changecast.plan import Mailing, decide
from changecast.rejections import rejection

BRAND = Brand("acme", "Acme", "changes@acme.example", "Acme", "", "en", "Europe/Madrid")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def announcement(text: bytes) -> None:
    """A body of the announcements queue: refused with a report, or mailed to the end."""
    body = text.decode("utf-8", "replace")
    try:
        announced = parse_announced(body).detail
        _mail(announced)
    except ContractError as error:
        json.dumps(rejection(body, error, ""))


def _mail(announced: ChangeAnnounced) -> None:
    for code in (*announced.customers, *announced.withdrawn)[:1]:
        decision = decide(announced, code, [], None)
        if isinstance(decision, Mailing):
            compose(view_for(announced.change, code), decision, BRAND, previous=None, now=NOW)


def report(text: bytes) -> None:
    """A body of the hub's status queue."""
    try:
        parse_reported(text.decode("utf-8", "replace"))
    except ContractError:
        return


def document(text: bytes) -> None:
    """A file that somebody announces."""
    try:
        read_document(text)
    except (ContractError, MetadataFault):
        return


def outcome(text: bytes) -> None:
    """A body of the outcomes queue: EventBridge put it there, so it is JSON and an object."""
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(event, dict):
        outcome_of(event)


DOORS = {
    "announcement": (announcement, ("events/ChangeAnnounced.v1.json",)),
    "report": (report, ("events/DeliveryReported.v1.json",)),
    "document": (document, ("tests/samples/a-current-approved.json", "tests/samples/d-flat.json")),
    "outcome": (outcome, ("tests/fuzz/ses-bounce.json",)),
}
