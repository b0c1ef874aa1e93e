"""The doors through which foreign text comes in: each takes anything, and refuses with a reason.

A door returns nothing. It raises what is a fault of ours: anything but a ContractError.
"""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from changecast import alerts
from changecast.change import view_for
from changecast.compose import Brand, compose
from changecast.drops import drop_of
from changecast.errors import ContractError
from changecast.event import ChangeAnnounced, parse_announced, parse_reported
from changecast.messages import object_in, part
from changecast.metadata import MetadataFault, read_document
from changecast.outcomes import outcome_of
from changecast.plan import Mailing, decide
from changecast.queues import delivery_in
from changecast.rejections import rejection
from changecast.reports import rejection_of

BRAND = Brand("acme", "Acme", "changes@acme.example", "Acme", "", "en", "Europe/Madrid")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def announcement(text: bytes) -> None:
    """A body of the announcements queue: refused with a report, or mailed to the end."""
    body = text.decode("utf-8", "replace")
    try:
        announced = parse_announced(body).detail
        _mail(announced)
    except ContractError as error:
        _tell(rejection(body, error, ""))


def _tell(rejected: dict[str, Any]) -> None:
    """Whatever was refused can be reported to the hub."""
    rejection_of(json.loads(json.dumps(rejected)), customer="acme", seq=1, now=NOW.timestamp())


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
    """A body of the outcomes queue."""
    try:
        outcome_of(object_in(text.decode("utf-8", "replace")))
    except ContractError:
        return


def drop(text: bytes) -> None:
    """A body of the intake queue."""
    try:
        found = drop_of(text.decode("utf-8", "replace"))
    except ContractError:
        return
    alerts.rejected_file(found.key, found.requester, found.bucket)


def hint(text: bytes) -> None:
    """A body of the mails queue or of the reports queue."""
    body = text.decode("utf-8", "replace")
    with suppress(ContractError):
        delivery_in(body)
    with suppress(ContractError):
        rejection_of(part(object_in(body), "rejected"), customer="acme", seq=1, now=0.0)


DOORS = {
    "announcement": (announcement, ("events/ChangeAnnounced.v1.json",)),
    "report": (report, ("events/DeliveryReported.v1.json",)),
    "document": (document, ("tests/samples/a-current-approved.json", "tests/samples/d-flat.json")),
    "outcome": (outcome, ("tests/fuzz/ses-bounce.json",)),
    "drop": (drop, ("tests/fuzz/object-created.json",)),
    "hint": (hint, ("tests/fuzz/delivery-hint.json", "tests/fuzz/rejected-hint.json")),
}
