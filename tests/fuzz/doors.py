"""The doors for foreign text: each accepts any input, and refuses with a reason.

A door returns nothing. It raises what is a fault of ours: anything but a ContractError.
"""

import asyncio
import json
import logging
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from changecast.contract.change import view_for
from changecast.contract.change_announced import ChangeAnnounced, parse_announced
from changecast.contract.delivery_reported import parse_reported
from changecast.contract.errors import ContractError
from changecast.contract.messages import object_in, part
from changecast.contract.rejections import rejection
from changecast.contract.response_events import parse_recorded
from changecast.customer.channels.ses_events import outcome_of
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.variants import compose
from changecast.customer.hints import delivery_in
from changecast.customer.ledger.answers import answers_to, read_view
from changecast.customer.mailing import Mailing
from changecast.customer.planning.decision import decide
from changecast.customer.reporting.report import rejection_of
from changecast.customer.reporting.responses import recorded, summarised
from changecast.customer.responding import application as application_of_answers
from changecast.customer.responding.answering import Refused, wish_of
from changecast.customer.responding.http import Request, Unreadable
from changecast.customer.responding.keyring import Keyring
from changecast.customer.responding.tokens import Scope, TokenRefused, read
from changecast.hub.announcing.intake_bucket import drop_of
from changecast.hub.announcing.metadata import MetadataFault, read_document
from changecast.hub.tracking import alerts
from changecast_cli.console.application import application
from changecast_cli.console.guard import Door
from changecast_cli.evidence.archive import manifest_of, packed, sealed_files
from changecast_cli.evidence.verifying import Checked
from changecast_cli.failures import Refused as NoArchive
from testbed.doubles.account import ANSWERING, Account, configure
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses
from testbed.doubles.visitor import Visitor, link_in, responder
from tests.support.consoles import OWN, PORT, PREFIX, TOKEN, FakeBoard, console_over
from tests.support.fake_hub import fake_hub

BRAND = Brand("acme", "Acme", "changes@acme.example", "Acme", "", "en", "Europe/Madrid")
KEYRING = Keyring({1: b"0123456789abcdef" * 4}, 1)
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
    alerts.rejected_file(found.key, found.requester, found.bucket, found.bucket)


def hint(text: bytes) -> None:
    """A body of the mails queue or of the reports queue."""
    body = text.decode("utf-8", "replace")
    with suppress(ContractError):
        delivery_in(body)
    with suppress(ContractError):
        rejection_of(part(object_in(body), "rejected"), customer="acme", seq=1, now=0.0)


def console(text: bytes) -> None:
    """A document in the console's form: its faults on a page, or its plan and its mails."""
    given = {"document": text.decode("utf-8", "replace"), "change_id": "CHG-1"}
    plan = asyncio.run(_asked("POST", "/announce/check", urlencode(given).encode()))
    if plan:
        path, _, query = plan.removeprefix(f"/{PREFIX}").partition("?")
        asyncio.run(_asked("GET", path, query=query))
        asyncio.run(_asked("GET", "/mails", query=f"{query}&customer=acme"))


def onboarding(text: bytes) -> None:
    """The form that adds a customer, here as JSON: its faults on a page, or what it would write."""
    with suppress(ValueError, RecursionError):
        fields = json.loads(text)
        if isinstance(fields, dict):
            body = urlencode(fields, errors="replace").encode()
            asyncio.run(_asked("POST", "/customers/add/check", body))


def evidence(text: bytes) -> None:
    """An evidence file: any bytes, and rows of any form under a manifest that fits."""
    with suppress(NoArchive):
        Checked(text)
    names = ("announced.json", "status.json", "history/acme.json", "documents/000001.json")
    files = dict.fromkeys(names, text)
    checked = Checked(packed(sealed_files(files, manifest_of(files, {}), None)))
    assert checked.faults, "no row of ours has the form of all of them"
    assert checked.entries + checked.loose >= 0
    Checked(packed(sealed_files(files, text, None)))


async def _asked(method: str, path: str, body: bytes = b"", query: str = "") -> str:
    """Ask the console as its own page does; returns where it leads, and fails where it breaks."""
    answers: list[Any] = []
    headers = {"host": f"127.0.0.1:{PORT}", "origin": OWN, "content-length": str(len(body))}

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {
        "type": "http", "method": method, "path": f"/{PREFIX}{path}",
        "query_string": query.encode(), "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    await CONSOLE(scope, receive, send)
    assert answers[0]["status"] < 500, answers
    return str(dict(answers[0]["headers"]).get(b"location", b"").decode())


CONSOLE = application(console_over(fake_hub(), FakeBoard()), Door(PORT, TOKEN, PREFIX))


def answer(text: bytes) -> None:
    """An answer in the hub's status queue."""
    try:
        parse_recorded(text.decode("utf-8", "replace"))
    except ContractError:
        return


def page(text: bytes) -> None:
    """What anybody on the internet may send to a page: a link, and a form, here as JSON."""
    with suppress(TokenRefused):
        read(KEYRING, text.decode("utf-8", "replace"), Scope.RESPOND, "acme", NOW.timestamp())
    kind = {"content-type": "application/x-www-form-urlencoded"}
    with suppress(ValueError, RecursionError):
        fields = json.loads(text)
        if isinstance(fields, dict):
            text = urlencode(fields, errors="replace").encode()
    request = Request("POST", "/c/x", "https://answers.acme.example", kind, text)
    with suppress(Unreadable, Refused):
        wish_of(request.form(), BRAND.timezone, NOW.timestamp())


@cache
def _visited() -> tuple[Account, Visitor, dict[str, str], dict[Any, Any]]:
    """An account, a person with a link, what stands for it and its nonce, and the ledger so far."""
    logging.disable(logging.CRITICAL)
    vars(application_of_answers)["measured"] = lambda *_: None
    people = {"approvals": ["ana@acme.example"], "announcements": [], "calendar": []}
    more = ANSWERING | {"RESPONSE_CONFIRMATION": "phrase"}
    account = Account(ses=Ses(contacts=people), environment=more)
    configure(account.modules["sweep"], "sweeper", measure=lambda *_: None)
    account.announce(envelope(status="submitted"))
    account.settle()
    who = Visitor(responder(account), link_in(account.ses.mails[0]))
    asked = who.choose("acknowledged")
    known = {"LINK": who.link.rpartition("/")[2], "NONCE": asked.forms[0].fields["nonce"]}
    return account, who, known, dict(account.table.items)


def request(text: bytes) -> None:
    """A request of API Gateway's to the page, JSON or a path; LINK and NONCE are a person's own.

    Whatever comes is answered, and what is recorded can be reported to the hub.
    """
    account, who, known, before = _visited()
    given: dict[str, Any] = {"path": "/c/" + text.decode("utf-8", "replace")}
    with suppress(ValueError, RecursionError):
        fields = json.loads(text)
        given = fields if isinstance(fields, dict) else given
    form = given.get("form")
    body = urlencode(form, errors="replace") if isinstance(form, dict) else str(form)
    path = str(given.get("path"))
    for word, own in known.items():
        path, body = path.replace(word, own), body.replace(word, own)
    event = {
        "rawPath": path,
        "headers": {"host": str(given.get("host")), "content-type": str(given.get("type"))},
        "requestContext": {"domainName": "", "http": {"method": str(given.get("method", "GET"))}},
        "body": body,
        "isBase64Encoded": bool(given.get("encoded")),
    }
    answered = application_of_answers.respond(who.responder, event)
    assert 200 <= answered["statusCode"] < 500, answered
    assert "<script" not in answered["body"]
    for one in answers_to(account.ledger, "CHG1"):
        summary = summarised(account.ledger, "CHG1", "0")
        recorded(one, summary, read_view(account.ledger, "CHG1"), customer="acme", seq=1)
    account.table.items.clear()
    account.table.items.update(before)


DOORS = {
    "request": (request, ("tests/fuzz/page-request.json",)),
    "answer": (answer, ("events/ResponseRecorded.v1.json",)),
    "page": (page, ("tests/fuzz/answer-form.json",)),
    "announcement": (announcement, ("events/ChangeAnnounced.v1.json",)),
    "report": (report, ("events/DeliveryReported.v1.json",)),
    "document": (document, ("tests/samples/a-current-approved.json", "tests/samples/d-flat.json")),
    "outcome": (outcome, ("tests/fuzz/ses-bounce.json",)),
    "drop": (drop, ("tests/fuzz/object-created.json",)),
    "evidence": (evidence, ("tests/fuzz/evidence-rows.json",)),
    "onboarding": (onboarding, ("tests/fuzz/customer-form.json",)),
    "console": (console, ("tests/samples/a-current-approved.json", "tests/samples/d-flat.json")),
    "hint": (hint, ("tests/fuzz/delivery-hint.json", "tests/fuzz/rejected-hint.json")),
}
