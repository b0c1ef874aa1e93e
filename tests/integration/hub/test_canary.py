"""A canary address and a canary sentence take every path: neither appears where it does not belong.

The real chain: announce, the customer's own functions, the hub's tracker and watch. Only AWS is a
stand-in.
"""

import importlib.util
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import boto3
import pytest
from aws_xray_sdk import global_sdk_config
from aws_xray_sdk.core import xray_recorder
from aws_xray_sdk.core.context import Context as XRayContext
from botocore.exceptions import ReadTimeoutError

from changecast.hub.announcing.announce import Hub, announce
from changecast.lambdas import tracing
from testbed.doubles.account import ANNOUNCEMENTS, DEAD_LETTERS, DELIVERIES, REPORTS, Account
from testbed.doubles.account import Context as Lambda
from testbed.doubles.answers import refusal
from testbed.doubles.events import Events
from testbed.doubles.ses import SentMail, Ses
from tests.support.builders import ACCOUNTS, document, registered
from tests.support.canary import (
    ADDRESS,
    SENTENCE,
    names_the_person,
    said,
    tells_the_sentence,
)

FUNCTIONS = Path(__file__).parents[3] / "functions"
OTHERS = ["p1@acme.example", "p2@acme.example"]
NAMING = f"The following identities failed the check in region EU-WEST-1: {ADDRESS}"
Event = dict[str, Any]


def canary_document(**fields: Any) -> Event:
    """A change with the sentence in every text field."""
    texts = ("changeReason", "implementationPlan", "testPlan", "customerImpact", "rollbackPlan")
    return document(
        **dict.fromkeys(texts, SENTENCE),
        customerDetails={"acme": {"note": SENTENCE}},
        notes=SENTENCE,
        **fields,
    )


class Published:
    """SNS that keeps what was published."""

    def __init__(self) -> None:
        self.alerts: list[Event] = []

    def publish(self, **alert: Any) -> None:
        self.alerts.append(alert)


class Traces:
    """Where the recorder sends what it has recorded."""

    def __init__(self) -> None:
        self.documents: list[str] = []

    def send_entity(self, entity: Any) -> None:
        tracing.hide_addresses(entity)
        self.documents.append(entity.serialize())


@dataclass
class Chain:
    """A hub and a customer, and all that is kept, logged and told on the way."""

    table: Any
    tracker: Any
    watch: Any
    alerts: Published
    dead_letters: str
    account: Account = field(
        default_factory=lambda: Account(
            ses=Ses(contacts={"announcements": [ADDRESS, *OTHERS], "calendar": [ADDRESS]}),
            environment={"ACCOUNT": ACCOUNTS["acme"]},
        )
    )
    told: int = 0

    def announce(self, **fields: Any) -> Event:
        """What the hub's bus delivers once a document was announced; the hub has seen it."""
        bus = Events()
        hub: Any = Hub(self.table, bus, registered(), "maria@provider.example")  # type: ignore[arg-type]
        announce(canary_document(**fields), hub=hub)
        event = delivered(bus.entries[0], "111111111111")
        self.track(event)
        return event

    def track(self, *events: Event) -> None:
        """The hub's tracker handles these."""
        records = [{"messageId": str(n), "body": json.dumps(e)} for n, e in enumerate(events)]
        assert self.tracker.handler({"Records": records}, None) == {"batchItemFailures": []}

    def report(self) -> list[Event]:
        """The hub hears every report, one of them forged, and watch looks at what is wrong."""
        reports = [
            delivered(entry, ACCOUNTS["acme"]) for entry in self.account.events.entries[self.told :]
        ]
        self.told += len(reports)
        forged = [{**each, "account": ACCOUNTS["globex"]} for each in reports[-1:]]
        self.track(*reports, *forged)
        self.watch.handler({}, Lambda(60))
        return reports


def delivered(entry: Event, account: str) -> Event:
    """An entry of PutEvents as a rule's target gets it."""
    return {
        "version": "0", "id": str(uuid4()), "detail-type": entry["DetailType"],
        "source": entry["Source"], "account": account, "time": "2027-01-16T08:05:00Z",
        "region": "eu-central-1", "resources": [], "detail": json.loads(entry["Detail"]),
    }  # fmt: skip


@pytest.fixture
def traces() -> Iterator[Traces]:
    """X-Ray's own recorder is on, and its documents are kept here."""
    kept, before = Traces(), xray_recorder.emitter
    xray_recorder.configure(sampling=False, emitter=kept, context=XRayContext(), service="canary")
    global_sdk_config.set_sdk_enabled(True)
    xray_recorder.begin_segment("canary")
    yield kept
    xray_recorder.clear_trace_entities()
    xray_recorder.configure(emitter=before)
    global_sdk_config.set_sdk_enabled(False)


@pytest.fixture
def chain(table: Any, register: Any, monkeypatch: pytest.MonkeyPatch) -> Chain:
    register("acme", "globex", "initech")
    url = boto3.client("sqs").create_queue(QueueName=f"dead-{uuid4()}")["QueueUrl"]
    for name, value in {
        "STATUS_TABLE": table.name, "STATUS_DLQ_URL": url, "REPORT_DEADLINE_MINUTES": "15",
        "HUB_BUS": "changecast-hub",
        "ALERTS_TOPIC_ARN": "arn:aws:sns:eu-central-1:111111111111:changecast-alerts",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    tracker, watch, published = load("track_status"), load("watch"), Published()
    monkeypatch.setattr(watch, "watcher", replace(vars(watch)["watcher"], sns=published))
    return Chain(table, tracker, watch, published, url)


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"canary_{name}", FUNCTIONS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---- every path that a mail can take -----------------------------------------------------------


def outcome(mail: SentMail, kind: str, **detail: Any) -> Event:
    """SES's own event, which names the person as SES does."""
    event = mail.event(kind, **detail)
    event["detail"]["mail"] |= {"destination": [mail.to], "commonHeaders": {"to": [mail.to]}}
    return event


def bounce(mail: SentMail, kind: str = "Permanent") -> Event:
    who = {"emailAddress": mail.to, "diagnosticCode": f"smtp; 550 5.1.1 {mail.to} unknown"}
    return outcome(mail, "Bounce", bounce={"bounceType": kind, "bouncedRecipients": [who]})


def complaint(mail: SentMail) -> Event:
    who = [{"emailAddress": mail.to}]
    return outcome(mail, "Complaint", complaint={"complainedRecipients": who})


def suppressed(mail: SentMail) -> Event:
    detail = {"bounceType": "Permanent", "bounceSubType": "Suppressed"}
    who = {"bouncedRecipients": [{"emailAddress": mail.to}]}
    return outcome(mail, "Bounce", bounce=detail | who)


def heard(say: Callable[[SentMail], Event]) -> Callable[[Chain], None]:
    """SES accepts the mails and reports this about each."""

    def way(chain: Chain) -> None:
        chain.account.ses.after = lambda mail: chain.account.hear(say(mail))
        chain.account.announce(chain.announce())
        chain.account.settle(3)

    return way


def answered(error: Exception, minutes: int = 4, **environment: str) -> Callable[[Chain], None]:
    """SES gives this answer for the canary, until the last minutes."""

    def way(chain: Chain) -> None:
        account = chain.account
        account.environment |= environment
        account.start()
        account.ses.answer = lambda to: throw(error) if to == ADDRESS else None
        account.announce(chain.announce())
        account.settle(minutes)

    return way


def throw(error: Exception) -> None:
    raise error


def throttled(chain: Chain) -> None:
    answered(refusal("TooManyRequestsException", 429, NAMING), minutes=1)(chain)
    chain.account.ses.answer = lambda to: None
    chain.account.settle(10)


def superseded(chain: Chain) -> None:
    first = chain.announce(version=1)
    second = chain.announce(version=2, implementationEnd="2027-01-21T03:00:00Z")
    chain.account.ses.enabled = False
    chain.account.announce(first)
    chain.account.plan()
    chain.account.announce(second)
    chain.account.plan()
    chain.account.ses.enabled = True
    chain.account.settle(4)
    chain.account.announce({**first, "detail": first["detail"] | {"event_id": str(uuid4())}})
    chain.account.settle(2)


def changed(**change: Any) -> Callable[[Chain], None]:
    """The event arrives with something in the change that breaks it."""

    def way(chain: Chain) -> None:
        event = chain.announce()
        event["detail"]["change"] |= change
        chain.account.announce(event)
        chain.account.settle(2)

    return way


def other_content(chain: Chain) -> None:
    event = chain.announce()
    chain.account.announce(event)
    chain.account.settle(2)
    event["detail"]["event_id"] = str(uuid4())
    event["detail"]["change"]["reason"] = f"Other. {SENTENCE}"
    chain.account.announce(event)
    chain.account.settle(2)


def not_json(chain: Chain) -> None:
    body = json.dumps(chain.announce())
    for broken in (body[:-20], body.replace('"title"', '"title": 1, "title"'), body[::-1]):
        chain.account.sqs.send_message(QueueUrl=ANNOUNCEMENTS, MessageBody=broken)
    chain.account.settle(2)


def no_contact_list(chain: Chain) -> None:
    chain.account.ses.contacts = {}
    chain.account.announce(chain.announce())
    chain.account.settle(2)


def an_address_that_no_mail_takes(chain: Chain) -> None:
    chain.account.ses.contacts["announcements"].append(f"ö{ADDRESS}")
    chain.account.announce(chain.announce())
    chain.account.settle(2)


def the_ledger_is_away(chain: Chain) -> None:
    account, table = chain.account, chain.account.table

    class Away:
        def __getattr__(self, name: str) -> Any:
            return getattr(table, name)

        def transact_write_items(self, **request: Any) -> Any:
            raise refusal("InternalServerError", 500, "Internal server error")

    account.announce(chain.announce())
    account.plan()
    account.wrap = lambda service, client: Away() if service == "dynamodb" else client
    account.start()
    account.send()
    account.plan()
    account.wrap = lambda service, client: client
    account.start()
    account.settle(8)


def an_outcome_of_nobody(chain: Chain) -> None:
    heard(lambda mail: outcome(mail, "Delivery"))(chain)
    stranger = SentMail(ADDRESS, b"", {"k": "f" * 32, "r": "0123456789abcdef-1"}, "m", "t")
    chain.account.hear(bounce(stranger))
    chain.account.settle(1)


def no_answer() -> ReadTimeoutError:
    return ReadTimeoutError(endpoint_url="https://email.example")


WAYS: dict[str, tuple[Callable[[Chain], None], str]] = {
    "sent": (heard(lambda mail: outcome(mail, "Send")), "sent"),
    "delivered": (heard(lambda mail: outcome(mail, "Delivery")), "sent"),
    "bounced": (heard(bounce), "sent"),
    "came back for now": (heard(lambda mail: bounce(mail, "Transient")), "sent"),
    "complained": (heard(complaint), "sent"),
    "suppressed": (heard(suppressed), "sent"),
    "rejected by SES": (answered(refusal("MessageRejected", 400, NAMING)), "partial"),
    "throttled": (throttled, "sent"),
    "no answer": (answered(no_answer()), "sending"),
    "SES fails": (answered(refusal("InternalFailure", 500, NAMING)), "sending"),
    "held": (answered(no_answer(), minutes=70, UNKNOWN_POLICY="hold"), "held"),
    "paused": (answered(refusal("SendingPausedException", 400, NAMING)), "paused"),
    "forbidden": (answered(refusal("AccessDeniedException", 403, NAMING)), "paused"),
    "quota": (answered(refusal("TooManyRequestsException", 429, f"Daily. {NAMING}")), "paused"),
    "no contact list": (no_contact_list, "paused"),
    "superseded": (superseded, "superseded"),
    "rejected: no window": (changed(window={"start": SENTENCE, "end": SENTENCE}), "rejected"),
    "rejected: status": (changed(status=SENTENCE), "rejected"),
    "rejected: a line break": (changed(title=f"x\r\n{SENTENCE}"), "rejected"),
    "rejected: a link": (changed(links=[{"title": "x", "url": SENTENCE}]), "rejected"),
    "rejected: other content": (other_content, "rejected"),
    "rejected: not JSON": (not_json, "rejected"),
    "an address that no mail takes": (an_address_that_no_mail_takes, "partial"),
    "the ledger is away": (the_ledger_is_away, "sent"),
    "an outcome of nobody": (an_outcome_of_nobody, "sent"),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_canary_is_found_only_where_people_and_changes_belong(
    name: str,
    chain: Chain,
    traces: Traces,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO, "changecast")
    way, state = WAYS[name]
    way(chain)
    states = {one["detail"]["state"] for one in chain.report()}
    xray_recorder.end_segment()

    assert state in states
    for place, kept in {
        "the logs": [vars(record) for record in caplog.records],
        "the metrics": capsys.readouterr().out,
        "the traces": traces.documents,
        "the reports": chain.account.events.entries,
        "the status table": in_plain(chain.table.scan()["Items"]),
        "the alerts": chain.alerts.alerts,
        "the hub's dead letters": parked(chain.dead_letters),
        "the hints": [*bodies(chain, DELIVERIES), *bodies(chain, REPORTS)],
        "the reasons of dead letters": reasons(chain),
        "the mails' tags": [mail.tags for mail in chain.account.ses.mails],
    }.items():
        assert kept or place not in ALWAYS, f"nothing was in {place}"
        assert not names_the_person(kept), place
        assert not tells_the_sentence(kept), place
    people_are_only_in_the_ledger_and_the_mail(chain.account)


ALWAYS = {"the logs", "the metrics", "the traces", "the reports", "the status table",
          "the hub's dead letters"}  # fmt: skip


def people_are_only_in_the_ledger_and_the_mail(account: Account) -> None:
    """The customer's own account: recipients' items, the list's reading, and that person's mail."""
    items = {key: item for key, item in account.table.items.items() if names_the_person(item)}
    assert all(sort.startswith("r#") for _, sort in items)
    assert not any(tells_the_sentence(item) for item in account.table.items.values())
    kept = {key: body for key, body in account.s3.objects.items() if names_the_person([key, body])}
    assert all(key.startswith("mails/contacts/") for key in kept)
    account.clock.now += 180
    account.sweep()
    assert not names_the_person([*account.s3.objects.values(), *account.s3.objects])
    for queue in (ANNOUNCEMENTS, DEAD_LETTERS):
        assert not names_the_person(account.sqs.bodies(queue)), queue
    mailed = {mail.to for mail in account.ses.mails if names_the_person(mail.raw)}
    assert mailed <= {ADDRESS}


def test_what_is_looked_for_is_really_there(chain: Chain) -> None:
    """The search proves nothing if the canary was never used, or cannot be found."""
    heard(bounce)(chain)
    account = chain.account
    (mail,) = [mail for mail in account.ses.mails if mail.to == ADDRESS]
    assert names_the_person(mail.raw)
    assert tells_the_sentence(mail.raw)
    assert tells_the_sentence(list(account.s3.objects.values()))
    assert names_the_person([item for item in account.table.items.values() if "address" in item])
    assert all(map(names_the_person, (ADDRESS.upper().encode(), ADDRESS.replace(".", "%2E"))))


# ---- what is kept, in words ------------------------------------------------------------------


def bodies(chain: Chain, queue: str) -> list[str]:
    return chain.account.sqs.bodies(queue)


def reasons(chain: Chain) -> list[Any]:
    return [message.attributes for message in chain.account.sqs.queue(DEAD_LETTERS)]


def parked(url: str) -> list[Any]:
    found = boto3.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return list(found.get("Messages", []))


def in_plain(items: list[Event]) -> list[str]:
    """What the hub keeps, except the compressed original, which has the sentence."""
    return [said(item) for item in items if not str(item["sk"]).startswith("original#")]
