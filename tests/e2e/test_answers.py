"""From a mail's link to the hub: a person of a customer's approves, and the change system hears."""

import email
import http.client
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.policy import default
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from changecast.customer.ledger.schema import mailbox_of
from changecast_cli.local.stage import HUB, REGION
from testbed.doubles.visitor import Form, Shown
from tests.e2e.conftest import Type
from tests.integration.local.stage import make_queue
from tests.support.page_server import telling
from tests.support.programs import ROOT, node
from tests.support.provider import WITH_KEY, Provider, document, eventually

_LINK = re.compile(r"^(http\S+/c/\S+)$", re.MULTILINE)
RULE = json.loads((ROOT / "events" / "change-responded-rule.json").read_text("utf-8"))
_CODE = re.compile(r"^([0-9]{8})$", re.MULTILINE)


def text_of(mail: dict[str, Any]) -> str:
    body = email.message_from_string(mail["raw"], policy=default).get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def link_in(mail: dict[str, Any]) -> str:
    """The personal link that a mail carries."""
    (found,) = set(_LINK.findall(text_of(mail)))
    return str(found)


def codes(provider: Provider, address: str) -> list[str]:
    """Return every confirmation code that a person was mailed."""
    mails = [one for one in provider.cloud.mails() if one["to"] == address]
    return [found for one in mails for found in _CODE.findall(text_of(one))]


def ask(link: str, form: Form | None = None, **typed: str) -> Shown:
    """Open a link, or send a form; as a browser that finds every *.localhost at home."""
    where = urlsplit(link)
    connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=60)
    headers = {"Host": where.netloc}
    if form is None:
        connection.request("GET", where.path, headers=headers)
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request("POST", form.action, urlencode(form.fields | typed), headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return Shown(answer.status, dict(answer.getheaders()), body)


def listening(provider: Provider, name: str = "change-system") -> Any:
    """A queue of the change system, behind the sample rule; calling it returns its messages."""
    session = provider.cloud.preparing(HUB.account)
    sqs: Any = session.client("sqs")
    events: Any = session.client("events")
    url, arn = make_queue(session, name)
    bus, pattern = RULE["EventBusName"], json.dumps(RULE["EventPattern"])
    events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "one", "Arn": arn}])

    def heard() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        return [json.loads(one["Body"])["detail"] for one in found.get("Messages", [])]

    return heard


def test_a_person_approves_with_the_link_in_her_mail(provider: Provider) -> None:
    change = document(customers=[WITH_KEY], status="submitted")
    heard = listening(provider)
    ended = provider.announce_and_wait(change)
    assert ended["customers"][WITH_KEY]["state"] == "sent"
    mail = provider.mails(change["changeId"], WITH_KEY)[0]
    link = link_in(mail)

    shown = ask(link)
    assert shown.status == 200, shown.text
    assert change["changeTitle"] in shown.text
    word = ask(link, shown.form("approved"), answer="approved")
    coded = ask(link, word.forms[0], word=word.text.split("Type ")[1].split(" ")[0])
    assert "We sent a code" in coded.text

    (mailed,) = eventually(lambda: codes(provider, mail["to"]), 60)
    done = ask(link, coded.forms[0], code=mailed)
    assert "Your answer is recorded." in done.text

    def approved() -> Any:
        customer = provider.status(change["changeId"])["customers"][WITH_KEY]
        return (customer["responses"] or {}).get("approval") == "approved"

    assert eventually(approved, 60)
    (told,) = eventually(heard, 60)
    assert (told["change_id"], told["response"]) == (change["changeId"], "approved")
    assert mail["to"] not in json.dumps(told)


@dataclass(frozen=True)
class Reader:
    """Somebody's address, language, and the words with which the page speaks it."""

    address: str
    language: str
    choose: str
    asks: str
    approve: str
    word: str
    confirm: str
    done: str


READERS = (
    Reader(
        "person4@initech.example", "de", "ÄNDERN", "Sie antworten als p…",
        "Freigeben", "FREIGEBEN", "Bestätigen", "Ihre Antwort ist gespeichert.",
    ),
    Reader(
        "person5@initech.example", "fr", "MODIFIER", "Vous répondez en tant que p…",
        "Approuver", "APPROUVER", "Confirmer", "Votre réponse est enregistrée.",
    ),
)  # fmt: skip


def mail_to(provider: Provider, change_id: str, address: str) -> dict[str, Any]:
    (found,) = [one for one in provider.mails(change_id, WITH_KEY) if one["to"] == address]
    return found


@pytest.fixture
def readers(provider: Provider) -> Iterator[tuple[Reader, ...]]:
    """They chose their languages on their pages; everything is set back at the end."""
    change = document(customers=[WITH_KEY])
    provider.announce_and_wait(change)
    links = {
        reader.address: link_in(mail_to(provider, change["changeId"], reader.address))
        for reader in READERS
    }
    for reader in READERS:
        choose(links[reader.address], "CHANGE", language=reader.language)
    eventually(lambda: all(one.asks in ask(links[one.address]).text for one in READERS), 60)
    try:
        yield READERS
    finally:
        for reader in READERS:
            choose(links[reader.address], reader.choose, language="", says="")


def test_people_approve_on_a_phone_in_their_own_languages(
    provider: Provider, typed: Type, readers: tuple[Reader, ...]
) -> None:
    """From the mail to the event on the hub's bus, in Chromium, 375 pixels wide."""
    change = document(customers=[WITH_KEY], status="submitted")
    heard, approved = listening(provider, "change-system-of-phones"), []
    assert provider.announce_and_wait(change)["customers"][WITH_KEY]["state"] == "sent"

    for reader in readers:
        before = len(codes(provider, reader.address))

        def code(reader: Reader = reader, before: int = before) -> str:
            return eventually(lambda: codes(provider, reader.address)[before:], 60)[0]

        with telling(code) as told:
            steps = [
                {"press": reader.approve},
                {"fill": [["word", reader.word]], "press": reader.confirm},
                {"code": told, "press": reader.confirm},
            ]
            link = link_in(mail_to(provider, change["changeId"], reader.address))
            seen: Any = node(
                "answer.mjs", {"do": "person", "link": link, "width": 375, "steps": steps}
            )

        assert reader.asks in seen["texts"][0]
        assert change["changeTitle"] in seen["texts"][0]
        assert reader.done in seen["texts"][-1]
        assert (seen["faults"], seen["blocked"], seen["requests"]) == ([], [], [])
        assert max(seen["widths"]) <= 0
        approved.append(eventually(heard, 60))

    said = "approved by 2"
    assert said in eventually(lambda: _says(typed, change["changeId"], said), 60)
    told_of = [one for each in approved for one in each]
    assert [(one["change_id"], one["customer"], one["response"]) for one in told_of] == [
        (change["changeId"], WITH_KEY, "approved")
    ] * 2
    assert len({one["responder"] for one in told_of}) == 2
    assert not [reader for reader in readers if reader.address in json.dumps(told_of)]


def _says(typed: Type, change_id: str, awaited: str) -> str:
    """What `changecast status` prints, once it has it."""
    printed = typed("status", change_id).out
    return printed if awaited in printed else ""


def choose(link: str, word: str, says: str = "Your choices are recorded.", **settings: str) -> None:
    """Choose settings on the page that a person's page leads to, and type the word."""
    (path,) = [one for one in ask(link).links if one.startswith("/p/")]
    shown = ask(urlsplit(link)._replace(path=path).geturl())
    asked = ask(link, shown.forms[0], **settings)
    done = ask(link, asked.forms[0], word=word)
    assert done.status == 200, done.text
    assert says in done.text


def test_a_person_chooses_what_she_is_sent_on_her_page(provider: Provider) -> None:
    """Everything is set back at the end: others mail the same people."""
    change = document(customers=[WITH_KEY])
    ended = provider.announce_and_wait(change)
    assert ended["customers"][WITH_KEY]["state"] == "sent"
    mail = provider.mails(change["changeId"], WITH_KEY)[0]
    link = link_in(mail)
    (account,) = (one.account for one in provider.stage.customers if one.code == WITH_KEY)
    ses: Any = provider.cloud.preparing(account).client("sesv2")

    def is_now(calendar: str, zone: str) -> Any:
        contact = ses.get_contact(ContactListName="changecast", EmailAddress=mail["to"])
        chosen = {
            one["TopicName"]: one["SubscriptionStatus"] for one in contact["TopicPreferences"]
        }
        return chosen["calendar"] == calendar and zone in ask(link).text

    try:
        choose(link, "CHANGE", calendar="OPT_OUT", timezone="Pacific/Chatham")
        assert eventually(lambda: is_now("OPT_OUT", "Pacific/Chatham"))
    finally:
        choose(link, "CHANGE", calendar="OPT_IN", timezone="")
        assert eventually(lambda: is_now("OPT_IN", ""))


LEAVER = "leaver@initech.example"


@pytest.fixture
def leaver(provider: Provider) -> Iterator[str]:
    """Somebody on the list who is found nowhere else."""
    ses: Any = provider.preparing(WITH_KEY).client("sesv2")
    ses.create_contact(ContactListName="changecast", EmailAddress=LEAVER)
    yield LEAVER
    with suppress(ses.exceptions.NotFoundException):
        ses.delete_contact(ContactListName="changecast", EmailAddress=LEAVER)


def acknowledged(provider: Provider, change_id: str) -> int:
    answers = provider.status(change_id)["customers"][WITH_KEY]["responses"] or {}
    return int(answers.get("counts", {}).get("acknowledged", 0))


def test_who_is_revoked_and_forgotten_opens_nothing_and_their_answer_counts(
    provider: Provider, typed: Type, leaver: str
) -> None:
    change = document(customers=[WITH_KEY])
    change_id = str(change["changeId"])
    provider.announce_and_wait(change)
    own, other = (
        link_in(mail_to(provider, change_id, one)) for one in (leaver, "person1@initech.example")
    )
    for link in (own, other):
        asked = ask(link, ask(link).form("acknowledged"), answer="acknowledged")
        assert "Your answer is recorded." in ask(link, asked.forms[0], word="SEEN").text
    assert eventually(lambda: acknowledged(provider, change_id) == 2, 60)
    shown = ask(own)
    personal = [urlsplit(own)._replace(path=urlsplit(one).path).geturl() for one in shown.links
                if urlsplit(one).path.startswith(("/p/", "/f/"))]  # fmt: skip
    assert [ask(link).status for link in (own, *personal)] == [200, 200, 200]

    here = ("--profile", f"changecast-{WITH_KEY}", "--region", REGION)
    assert typed("contacts", "revoke", leaver.upper(), "--yes", *here).status == 0
    assert [ask(link).status for link in (own, *personal)] == [410, 410, 410]
    assert ask(own, shown.form("acknowledged"), answer="acknowledged").status == 410
    assert ask(other).status == 200

    assert typed("forget", leaver, "--yes", *here).status == 0
    dynamodb: Any = provider.preparing(WITH_KEY).client("dynamodb")
    (ledger,) = [name for name in dynamodb.list_tables()["TableNames"] if "Ledger" in name]
    kept = str([page["Items"] for page in
                dynamodb.get_paginator("scan").paginate(TableName=ledger)])  # fmt: skip
    assert leaver not in kept
    assert mailbox_of(leaver) not in kept
    assert ask(other).status == 200
    assert acknowledged(provider, change_id) == 2
    hub: Any = provider.cloud.session(HUB.account).client("dynamodb")
    assert leaver not in str(hub.scan(TableName="changecast-status")["Items"])
