"""From a mail's link to the hub: a person of a customer's approves, and the change system hears."""

import email
import http.client
import json
import re
from email.policy import default
from typing import Any
from urllib.parse import urlencode, urlsplit

from changecast_cli.local.stage import HUB
from testbed.doubles.visitor import Form, Shown
from tests.integration.local.stage import make_queue
from tests.support.provider import WITH_KEY, Provider, document, eventually

_LINK = re.compile(r"^(http\S+/c/\S+)$", re.MULTILINE)
_CODE = re.compile(r"^([0-9]{8})$", re.MULTILINE)


def text_of(mail: dict[str, Any]) -> str:
    body = email.message_from_string(mail["raw"], policy=default).get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


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


def listening(provider: Provider) -> Any:
    """A queue of the change system's, behind the sample rule; calling it gives what it heard."""
    session = provider.cloud.preparing(HUB.account)
    sqs: Any = session.client("sqs")
    events: Any = session.client("events")
    url, arn = make_queue(session, "change-system")
    pattern = {"source": ["changecast.responses"], "detail-type": ["ChangeResponded"]}
    named = {"Name": "change-system", "EventBusName": "changecast-hub"}
    events.put_rule(**named, EventPattern=json.dumps(pattern))
    target = {"Id": "one", "Arn": arn}
    events.put_targets(Rule="change-system", EventBusName="changecast-hub", Targets=[target])

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
    (link,) = set(_LINK.findall(text_of(mail)))

    shown = ask(link)
    assert shown.status == 200, shown.text
    assert change["changeTitle"] in shown.text
    word = ask(link, shown.form("approved"), answer="approved")
    coded = ask(link, word.forms[0], word=word.text.split("Type ")[1].split(" ")[0])
    assert "We sent a code" in coded.text

    def code() -> list[str]:
        mails = [one for one in provider.cloud.mails() if one["to"] == mail["to"]]
        return [found for one in mails for found in _CODE.findall(text_of(one))]

    (mailed,) = eventually(code, 60)
    done = ask(link, coded.forms[0], code=mailed)
    assert "Your answer is recorded." in done.text

    def approved() -> Any:
        customer = provider.status(change["changeId"])["customers"][WITH_KEY]
        return (customer["responses"] or {}).get("approval") == "approved"

    assert eventually(approved, 60)
    (told,) = eventually(heard, 60)
    assert (told["change_id"], told["response"]) == (change["changeId"], "approved")
    assert mail["to"] not in json.dumps(told)


def choose(link: str, word: str, **settings: str) -> None:
    """Choose settings on the page that a person's page leads to, and type the word."""
    (path,) = [one for one in ask(link).links if one.startswith("/p/")]
    shown = ask(urlsplit(link)._replace(path=path).geturl())
    asked = ask(link, shown.forms[0], **settings)
    done = ask(link, asked.forms[0], word=word)
    assert "Your choices are recorded." in done.text, done.text


def test_a_person_chooses_what_she_is_sent_on_her_page(provider: Provider) -> None:
    """Everything is set back at the end: others mail the same people."""
    change = document(customers=[WITH_KEY])
    ended = provider.announce_and_wait(change)
    assert ended["customers"][WITH_KEY]["state"] == "sent"
    mail = provider.mails(change["changeId"], WITH_KEY)[0]
    (link,) = set(_LINK.findall(text_of(mail)))
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
